/// Records what a type asks for while it is decoded from nothing: its JSON Schema. Each question is answered with a
/// value of no meaning (0, "", false, one item).
final class SchemaSource: Source {
  private var keywords: [JSON.Member] = []
  private var members: [(name: String, schema: SchemaSource)]?
  private var optional: Set<String> = []
  private var items: SchemaSource?
  private var takesAnyMember = false
  /// The types that are being read here and above.
  private var open: [ObjectIdentifier] = []
  /// The type that was asked for, for messages.
  private var swiftType = ""

  /// The schema of a type. `described` are keywords by path, names joined by `/`; each has to find its parameter.
  static func schema(of type: any Decodable.Type, _ described: [String: Keywords]) throws(ManifestFailure)
    -> JSON
  {
    let root = SchemaSource(path: [])
    do {
      _ = try root.decode(type)
    } catch {
      throw ManifestFailure("\(type)\((error as? SchemaFailure)?.text ?? ": \(error)")")
    }
    // A type without members asks for nothing.
    if root.keywords.isEmpty { try? root.beginObject() }
    if root.members == nil { throw ManifestFailure("\(type) is no object: use a struct") }
    for (path, keywords) in described.sorted(by: { $0.key < $1.key }) { try root.describe(path, keywords) }
    try root.checkDefaults()
    return root.json
  }

  private func describe(_ path: String, _ added: Keywords) throws(ManifestFailure) {
    var place = self
    let names = path.split(separator: "/").map(String.init)
    for (depth, name) in names.enumerated() {
      guard let next = place.members?.first(where: { $0.name == name })?.schema else {
        let known = (place.members ?? []).map(\.name).joined(separator: ", ")
        throw ManifestFailure("keywords: there is no parameter \"\(path)\" (there are: \(known))")
      }
      if depth == names.count - 1, added.hasDefault { place.optional.insert(name) }
      place = next
    }
    let given = "keywords of \"\(path)\": "
    if let problem = added.problem(beside: place.json["type"]?.string, of: place.swiftType) {
      throw ManifestFailure(given + problem)
    }
    let replaced = Set(added.members.map(\.name))
    place.keywords = place.keywords.filter { !replaced.contains($0.name) } + added.members
  }

  /// When all is described: a default of an object may leave out what has a default itself.
  private func checkDefaults() throws(ManifestFailure) {
    if let value = keywords.last(where: { $0.name == "default" })?.value,
      let problem = value.problem(under: json)
    {
      let place = path.map(\.stringValue).joined(separator: "/")
      throw ManifestFailure(
        "keywords of \"\(place)\": the default \(value.text) is no \(swiftType): \(problem)")
    }
    for member in members ?? [] { try member.schema.checkDefaults() }
  }

  private var json: JSON {
    var all = keywords
    if let members {
      all.append(JSON.Member("properties", .object(members.map { JSON.Member($0.name, $0.schema.json) })))
      let required = members.map(\.name).filter { !optional.contains($0) }
      if !required.isEmpty { all.append(JSON.Member("required", .array(required.map { .string($0) }))) }
    }
    if takesAnyMember { all.append(JSON.Member("additionalProperties", .bool(true))) }
    if let items { all.append(JSON.Member("items", items.json)) }
    return .object(all)
  }

  private func note(_ type: String, _ swift: Any.Type? = nil, _ more: [JSON.Member] = []) {
    if let swift { swiftType = "\(swift)" }
    keywords = [JSON.Member("type", .string(type))] + more
  }

  // MARK: Answers

  override func bool() throws -> Bool {
    note("boolean", Bool.self)
    return false
  }

  override func text() throws -> String {
    note("string", String.self)
    return ""
  }

  override func real() throws -> Double {
    note("number", Double.self)
    return 0
  }

  /// The bounds of small types are bounds of the parameter. Those of 64 bits say nothing, but for "not negative".
  override func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
    var bounds: [JSON.Member] = []
    if T.bitWidth < 64 || !T.isSigned { bounds.append(JSON.Member("minimum", .number("\(T.min)"))) }
    if T.bitWidth < 64 { bounds.append(JSON.Member("maximum", .number("\(T.max)"))) }
    note("integer", T.self, bounds)
    return 0
  }

  override func beginObject() throws {
    note("object")
    members = members ?? []
  }

  override func member(_ key: any CodingKey) throws -> Source? {
    if let known = members?.first(where: { $0.name == key.stringValue }) { return known.schema }
    let name = key.stringValue
    guard Grammar.isPropertyName(name) else {
      throw SchemaFailure(
        path, "the name \"\(name)\" cannot stand in a manifest: letters, digits, '_' and '-', no digit first")
    }
    let schema = SchemaSource(path: path + [key])
    schema.open = open
    members = (members ?? []) + [(key.stringValue, schema)]
    return schema
  }

  /// Only `decodeIfPresent` asks this.
  override func hasMember(_ key: any CodingKey) -> Bool {
    optional.insert(key.stringValue)
    return true
  }

  /// Only a dictionary asks this.
  override var memberNames: [String] {
    takesAnyMember = true
    return []
  }

  override func beginArray() throws -> Int {
    note("array")
    return 1
  }

  override func item(_ index: Int) throws -> Source {
    let schema = items ?? SchemaSource(path: path + [IndexKey(0)])
    schema.open = open
    items = schema
    return schema
  }

  /// Says which type cannot be read, and where: none of them may end the program.
  override func parts<T: Decodable>(of type: T.Type) throws -> T {
    if let cure = Self.cures[String(reflecting: type)] {
      throw SchemaFailure(path, "\(type) has no schema: \(cure)")
    }
    guard !open.contains(ObjectIdentifier(type)) else {
      throw SchemaFailure(path, "\(type) contains itself, and a manifest's schema has no word for that")
    }
    open.append(ObjectIdentifier(type))
    defer { open.removeLast() }
    do {
      let value = try super.parts(of: type)
      swiftType = "\(type)"
      return value
    } catch let failure as SchemaFailure {
      throw failure
    } catch {
      if type is any RawRepresentable.Type {
        throw SchemaFailure(
          path,
          "\(type) lists no cases: make the enum CaseIterable, so that the manifest can say what is allowed")
      }
      let reason = ((error as? DecodingError)?.reason ?? "\(error)").trimmed
      throw SchemaFailure(
        path,
        "\(type) cannot be made without a real value (\(reason)), so it has no schema: use String, Int, Double, Bool, "
          + "an enum that is CaseIterable, a list or a struct of these, and check the rest in run()")
    }
  }

  /// Foundation's types: they would be read as something else than people expect, or not at all.
  private static let cures: [String: String] = {
    let cures = [
      "URL": "use a String with Keywords(format: \"uri\")",
      "Date": "use a String with Keywords(format: \"date-time\")",
      "UUID": "use a String with Keywords(format: \"uuid\")", "Data": "use a String, in base64 for instance",
      "Decimal": "use a String with Keywords(pattern:)",
    ]
    let modules = ["Foundation.", "FoundationEssentials."]
    let all = modules.flatMap { module in
      cures.map { (module + $0, $1 + ", and convert it in run()") }
    }
    return Dictionary(all + [("__C.NSDecimal", "use a String, and convert it in run()")]) { $1 }
  }()

  /// An enum that can list its cases: they are the values allowed.
  override func whole<T>(_ type: T.Type) throws -> T? {
    guard let cases = type as? any CaseIterable.Type else { return nil }
    let values = Self.all(cases)
    let allowed = values.compactMap { ($0 as? any RawRepresentable)?.rawValue as? any Primitive }.compactMap(
      \.json)
    guard let first = values.first as? T, allowed.count == values.count, let sample = allowed.first else {
      return nil
    }
    if case .string = sample { note("string", T.self) } else { note("integer", T.self) }
    keywords.append(JSON.Member("enum", .array(allowed)))
    return first
  }

  private static func all<C: CaseIterable>(_ type: C.Type) -> [Any] { Array(type.allCases) }
}

/// A type that has no schema: where, and why.
private struct SchemaFailure: Error {
  let text: String

  init(_ path: [any CodingKey], _ text: String) {
    self.text = path.map { "." + $0.stringValue }.joined() + ": " + text
  }
}

extension DecodingError {
  /// What happened, without the place.
  fileprivate var reason: String {
    switch self {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
      found.debugDescription
    case .keyNotFound(let key, _): "\(key.stringValue) was not given"
    @unknown default: "\(self)"
    }
  }
}

extension String {
  /// Without a full stop or blanks at its end: it goes into a sentence.
  fileprivate var trimmed: String { String(Substring(reversed().drop { $0 == "." || $0 == " " }.reversed())) }
}

/// Why no manifest can be made, in words for the author.
public struct ManifestFailure: Error, CustomStringConvertible, Sendable {
  public let description: String

  init(_ description: String) { self.description = description }
}
