import DataModel

/// Values that fit a schema: the plainest ones, to run an action with.
struct ParameterMaker {
  let scratch: ScratchFolder

  /// The parameters of an action: given ones first, then constants, defaults, the first choice, and made-up ones
  /// for what is required. Throws what cannot be made.
  func base(_ schema: ParameterSchema, given: JSONValue = .object([:])) throws(ParameterProblem) -> JSONValue
  {
    var members = given.objectValue ?? [:]
    for (name, property) in schema.properties where members[name] == nil {
      if let value = property.defaultValue {
        members[name] = value
      } else if schema.required.contains(name) {
        guard let value = value(property, named: name) else {
          throw ParameterProblem(path: name, message: "no value for it can be made up")
        }
        members[name] = value
      }
    }
    let (filled, problems) = schema.check(.object(members))
    if let problem = problems.first { throw problem }
    return filled
  }

  /// One plain value; nil when none can be found that fits.
  func value(_ schema: ParameterSchema, named name: String) -> JSONValue? {
    let candidates =
      [schema.constant, schema.defaultValue, schema.choices?.first].compactMap(\.self)
      + plain(schema, named: name)
    return candidates.first { schema.check($0).problems.isEmpty }
  }

  private func plain(_ schema: ParameterSchema, named name: String) -> [JSONValue] {
    switch schema.type {
    case .any, .null: return [.null]
    case .boolean: return [.bool(false), .bool(true)]
    case .integer:
      // The smallest amount of whatever it is.
      let bounds = [schema.minimum, schema.exclusiveMinimum].compactMap { $0?.realValue }.map {
        Int64(clamping: Int($0.rounded(.up).clamped))
      }
      return bounds.flatMap { [.int($0), .int($0 &+ 1)] } + [.int(1), .int(0)]
        + [schema.maximum].compactMap(\.self)
    case .number:
      let bounds = [schema.minimum, schema.exclusiveMinimum].compactMap { $0?.realValue }
      return bounds.flatMap { [.real($0), .real($0 + 1), .real($0 + 1e-6)] } + [.real(1), .real(0)]
        + [schema.maximum].compactMap(\.self)
    case .string: return texts(schema, named: name).map { .string($0) }
    case .array:
      guard case .each(let item) = schema.items else {
        return [.array(Array(repeating: .int(1), count: count(schema)))]
      }
      if count(schema) == 0 { return [.array([])] }
      return value(item, named: name).map { [.array(Array(repeating: $0, count: count(schema)))] } ?? []
    case .object: return (try? base(schema)).map { [$0] } ?? []
    }
  }

  private func count(_ schema: ParameterSchema) -> Int { Int(min(schema.itemCount.minimum ?? 0, 1000)) }

  private func texts(_ schema: ParameterSchema, named name: String) -> [String] {
    if PathLike.holds(schema, named: name) { return PathLike.values(schema, named: name, scratch) }
    let byFormat: [TextFormat: String] = [
      .date: "2026-03-31", .dateTime: "2026-03-31T12:00:00Z", .hostname: "check.invalid",
      .ipv4: "127.0.0.1", .ipv6: "::1", .password: "check", .uri: "https://check.invalid/",
      .uuid: "00000000-0000-4000-8000-000000000000",
    ]
    let known = schema.format.flatMap { byFormat[$0] }.map { [$0] } ?? []
    let least = Int(min(schema.length.minimum ?? 0, 100_000))
    return known + Self.words + [String(repeating: "a", count: max(1, least))]
  }

  /// One of these fits most patterns that people write.
  private static let words = [
    "check", "check-1", "Check", "CHECK", "c", "C", "1", "10", "00", "000", "0000", "1.0.0", "1.0", "check1",
    "check.invalid", "check@example.invalid", "check_1", "a1b2c3d4", "#000000", "12:00", "2026-03-31", "10G",
    "10.0.0.0/8", "192.0.2.1", "00:00:00:00:00:00", "00:16:3e:00:00:01", "vm-00000001", "i-00000001", "en",
    "en_US",
    "0123456789abcdef", "0123456789abcdef0123456789abcdef", "+10000000000", "check/check", "check:check",
    "a=b", "a,b",
  ]
}

/// Texts that name files. They never get a value outside the scratch folder.
enum PathLike {
  private static let words: Set = [
    "path", "file", "folder", "directory", "dir", "filename", "root", "tree", "mount", "mountpoint",
  ]

  static func holds(_ schema: ParameterSchema, named name: String) -> Bool {
    guard schema.type == .string, schema.choices == nil, schema.constant == nil else { return false }
    if let pattern = schema.pattern, pattern.hasPrefix("^/") || pattern.hasPrefix("^(/") { return true }
    let names = parts(name).flatMap { [$0, $0.hasSuffix("s") ? String($0.dropLast()) : $0] }
    return schema.format == nil && !words.isDisjoint(with: names)
  }

  /// The likeliest one first: a file for what is called one, else a folder.
  static func values(_ schema: ParameterSchema, named name: String, _ scratch: ScratchFolder) -> [String] {
    let about = parts(name + " " + (schema.title ?? ""))
    let isFile = about.contains { $0.hasPrefix("file") }
    return (isFile ? [scratch.file, scratch.tree] : [scratch.tree, scratch.file]) + [scratch.missing]
  }

  private static func parts(_ text: String) -> [String] {
    text.lowercased().split { !$0.isLetter }.map(String.init)
  }
}

extension Double {
  /// Within what an integer holds.
  fileprivate var clamped: Double { Swift.min(Swift.max(self, -9e18), 9e18) }
}
