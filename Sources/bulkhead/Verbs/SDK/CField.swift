import DataModel

/// One parameter as a member of a C struct.
struct CField {
  enum Kind {
    case text, integer, real, boolean
    case group([CField])
    /// No function of `ext/params.h` reads it: a list, or a value of any type.
    case unreadable
  }

  /// The member's name.
  let name: String
  /// As `ext/params.h` takes it: "disk/size_gib".
  let path: String
  let kind: Kind
  /// It is required or has a default: whenever what surrounds it is there, it is.
  let isAlwaysThere: Bool
  let isList: Bool
  /// What it is, for people.
  let about: String

  var isReadable: Bool {
    if case .unreadable = kind { false } else { true }
  }

  /// The parameters of an object: required ones first, then by name.
  static func fields(_ schema: ParameterSchema, under path: String = "") -> [CField] {
    let required = Set(schema.required)
    let names = schema.properties.keys.sorted {
      (required.contains($0) ? 0 : 1, $0) < (required.contains($1) ? 0 : 1, $1)
    }
    return names.compactMap { name in
      guard let property = schema.properties[name] else { return nil }
      return CField(name, property, under: path, isRequired: required.contains(name))
    }
  }

  private init(_ name: String, _ schema: ParameterSchema, under path: String, isRequired: Bool) {
    self.name = CName.member(name)
    self.path = path.isEmpty ? name : path + "/" + name
    isAlwaysThere = isRequired || schema.defaultValue != nil
    kind = Self.kind(schema, self.path)
    isList = schema.type == .array
    about = Self.about(schema)
  }

  private static func kind(_ schema: ParameterSchema, _ path: String) -> Kind {
    switch schema.type {
    case .string: return .text
    case .integer: return .integer
    case .number: return .real
    case .boolean: return .boolean
    case .any, .null, .array: return .unreadable
    case .object:
      let fields = fields(schema, under: path)
      return fields.contains(where: \.isReadable) ? .group(fields) : .unreadable
    }
  }

  private static func about(_ schema: ParameterSchema) -> String {
    var words = [schema.title, schema.description].compactMap { $0 }.filter { !$0.isEmpty }
    if words.count == 2, words[0] == words[1] { words.removeLast() }
    words = words.map { $0.last == "." ? $0 : $0 + "." }
    let bounds = ParameterTable.bounds(schema).joined(separator: ", ")
    if !bounds.isEmpty { words.append("Allowed: \(bounds).") }
    if let value = schema.defaultValue, schema.format != .password { words.append("Default: \(value.text).") }
    return words.joined(separator: " ")
  }
}
