import DataModel

/// A set of parameters to try, and what is special about it.
struct Variant: Sendable, Equatable {
  let label: String
  /// JSON text.
  let text: String
}

/// Parameters at the edges of a schema: one thing differs from the base each time, then random mixtures.
struct ParameterVariants {
  /// They fit: the engine would pass them on.
  private(set) var valid: [Variant] = []
  /// They do not: the engine refuses them, so that a plug-in sees them only through another's fault.
  private(set) var invalid: [Variant] = []

  private let maker: ParameterMaker
  private let schema: ParameterSchema
  private let base: [String: JSONValue]
  private static let mixtures = 24
  private static let longText = 100_000

  init(_ schema: ParameterSchema, base: JSONValue, _ maker: ParameterMaker, seed: UInt64) {
    self.maker = maker
    self.schema = schema
    self.base = base.objectValue ?? [:]
    for (name, property) in schema.properties.sorted(by: { $0.key < $1.key }) {
      for (label, value) in edges(property, named: name) { add("\(name): \(label)", name, value) }
      for value in Self.strangers where !PathLike.holds(property, named: name) {
        add("\(name): \(value.kindName) \(value.text.prefix(20))", name, value)
      }
      if self.base[name] != nil { add("\(name): absent", name, nil) }
    }
    addWholes()
    addMixtures(seed)
  }

  private mutating func add(_ label: String, _ name: String, _ value: JSONValue?) {
    var members = base
    members[name] = value
    add(label, .object(members))
  }

  private mutating func add(_ label: String, _ value: JSONValue) {
    let (filled, problems) = schema.check(value)
    if problems.isEmpty {
      let variant = Variant(label: label, text: filled.text)
      if !valid.contains(where: { $0.text == variant.text }) { valid.append(variant) }
    } else if !invalid.contains(where: { $0.text == value.text }) {
      invalid.append(Variant(label: label, text: value.text))
    }
  }

  private static let strangers: [JSONValue] = [
    .null, .bool(true), .int(-1), .real(0.5), .string("check"), .array([]), .object([:]),
  ]

  private mutating func addWholes() {
    add("nothing at all", .object([:]))
    add("an unknown member", .object(base.merging(["x_check": .int(1)]) { $1 }))
    if schema.properties.values.contains(where: { $0.type != .object }) {
      invalid.append(Variant(label: "a list instead of an object", text: "[]"))
    }
  }

  private mutating func addMixtures(_ seed: UInt64) {
    var random = SeededRandom(seed: seed, purpose: "mixtures")
    let names = schema.properties.keys.sorted()
    guard names.count > 1 else { return }
    for number in 1...Self.mixtures {
      var members = base
      for name in names {
        guard let property = schema.properties[name] else { continue }
        let choices = edges(property, named: name).map(\.1).filter { property.check($0).problems.isEmpty }
        if let choice = choices.randomElement(using: &random) { members[name] = choice }
      }
      add("mixture \(number)", .object(members))
    }
  }

  // MARK: values at the edges, fitting or not

  private func edges(_ property: ParameterSchema, named name: String) -> [(String, JSONValue)] {
    var found: [(String, JSONValue)] = []
    if let plain = maker.value(property, named: name) { found.append(("plain", plain)) }
    found += (property.choices ?? []).map { ("choice \($0.text.prefix(40))", $0) }
    switch property.type {
    case .boolean: found += [("true", .bool(true)), ("false", .bool(false))]
    case .integer, .number: found += numbers(property)
    case .string: found += texts(property, named: name)
    case .array: found += lists(property, named: name)
    case .object:
      for (inner, schema) in property.properties.sorted(by: { $0.key < $1.key }) {
        for (label, value) in edges(schema, named: inner) {
          var members = maker.value(property, named: name)?.objectValue ?? [:]
          members[inner] = value
          found.append(("\(inner): \(label)", .object(members)))
        }
      }
    case .any, .null: break
    }
    return found
  }

  private func numbers(_ property: ParameterSchema) -> [(String, JSONValue)] {
    var found: [(String, JSONValue)] = []
    for (label, bound) in [("minimum", property.minimum), ("maximum", property.maximum)] {
      guard let bound else { continue }
      found.append((label, bound))
      if let whole = bound.integerValue {
        found += [("\(label) - 1", .int(whole &- 1)), ("\(label) + 1", .int(whole &+ 1))]
      }
    }
    let wholes: [Int64] = [0, 1, -1, Int64(Int32.max), Int64(Int32.min), Int64(UInt32.max), .max, .min]
    found += wholes.map { ("\($0)", .int($0)) }
    if property.type == .number {
      found += [
        ("0.1", .real(0.1)), ("1e308", .real(1e308)), ("1e-308", .real(1e-308)), ("-0.0", .real(-0.0)),
      ]
    }
    return found
  }

  private func texts(_ property: ParameterSchema, named name: String) -> [(String, JSONValue)] {
    let scratch = maker.scratch
    let most = Int(min(property.length.maximum ?? Int64(Self.longText), Int64(Self.longText)))
    let least = Int(min(property.length.minimum ?? 0, Int64(Self.longText)))
    if PathLike.holds(property, named: name) {
      let start = scratch.path + "/"
      let long = start + String(repeating: "a", count: max(1, most - start.count))
      return [
        ("a folder", scratch.tree), ("a file", scratch.file), ("nothing there", scratch.missing),
        ("unicode", start + "é漢😀"), ("spaces", start + "a b"), ("a slash at the end", scratch.tree + "/"),
        ("a file as a folder", scratch.file + "/x"), ("long", long), ("percent", start + "%s%n%d"),
      ].map { ($0.0, .string($0.1)) }
    }
    return [
      ("empty", ""), ("one character", "a"), ("shortest", String(repeating: "a", count: max(1, least))),
      ("longest", String(repeating: "a", count: max(1, most))), ("unicode", "é漢😀\u{202E}"),
      ("spaces", "  a b  "), ("lines", "a\nb\r\n\tc"), ("percent", "%s%n%d%p"), ("quotes", "'\"`\\$(x);"),
      ("an option", "--help"), ("digits", "0123456789"), ("capitals", "CHECK"),
    ].map { ($0.0, .string($0.1)) }
  }

  private func lists(_ property: ParameterSchema, named name: String) -> [(String, JSONValue)] {
    var item = JSONValue.int(1)
    if case .each(let schema) = property.items {
      guard let value = maker.value(schema, named: name) else { return [("empty", .array([]))] }
      item = value
    }
    let most = Int(min(property.itemCount.maximum ?? 1000, 1000))
    return [
      ("empty", .array([])), ("one element", .array([item])),
      ("\(most) elements", .array(Array(repeating: item, count: most))),
    ]
  }
}
