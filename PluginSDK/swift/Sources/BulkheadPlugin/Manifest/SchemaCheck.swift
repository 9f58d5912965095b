/// Does a value fit a schema: what the host will ask of a default, asked while the author is there.
extension JSON {
  /// A whole number.
  var whole: Int64? {
    guard case .number(let digits) = self else { return nil }
    return Int64(digits) ?? Double(digits).flatMap { Int64(exactly: $0) }
  }

  /// Why it does not fit, nil when it does. Patterns and formats are left to the host.
  func problem(under schema: JSON) -> String? {
    if let wanted = schema["type"]?.string, kindName != wanted, !(wanted == "number" && whole != nil) {
      return "it has to be \(Self.word(wanted))"
    }
    if case .array(let allowed)? = schema["enum"], !allowed.contains(self) {
      return "allowed are \(allowed.map(\.text).joined(separator: ", "))"
    }
    switch self {
    case .number: return Self.bounds(double ?? 0, schema, "minimum", "maximum", "it")
    case .string(let text):
      return Self.bounds(Double(text.unicodeScalars.count), schema, "minLength", "maxLength", "its length")
    case .array(let items):
      if let problem = Self.bounds(Double(items.count), schema, "minItems", "maxItems", "its length") {
        return problem
      }
      guard let each = schema["items"] else { return nil }
      return items.lazy.compactMap { $0.problem(under: each) }.first
    case .object(let members): return Self.problem(of: members, under: schema)
    case .null, .bool: return nil
    }
  }

  private static func problem(of members: [Member], under schema: JSON) -> String? {
    if case .array(let required)? = schema["required"] {
      for name in required.compactMap(\.string) where !members.contains(where: { $0.name == name }) {
        return "\(name) is missing"
      }
    }
    for member in members {
      guard let each = schema["properties"]?[member.name] else {
        if schema["additionalProperties"] == .bool(true) { continue }
        return "it has no member \(member.name)"
      }
      if let problem = member.value.problem(under: each) { return "\(member.name): \(problem)" }
    }
    return nil
  }

  private static func bounds(
    _ value: Double, _ schema: JSON, _ least: String, _ most: String, _ what: String
  ) -> String? {
    if let low = schema[least], value < low.double ?? value {
      return "\(what) is below \(least), which is \(low.text)"
    }
    if let high = schema[most], value > high.double ?? value {
      return "\(what) is above \(most), which is \(high.text)"
    }
    return nil
  }

  private var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .number: whole == nil ? "number" : "integer"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  private static func word(_ type: String) -> String {
    switch type {
    case "string": "a text"
    case "integer": "a whole number"
    case "number": "a number"
    case "boolean": "true or false"
    case "array": "a list"
    default: "an object"
    }
  }
}

/// The grammars of names, as the host has them.
enum Grammar {
  static func isPluginID(_ text: String) -> Bool { isName(text, limit: 64, also: "_-") }

  static func isActionName(_ text: String) -> Bool { isName(text, limit: 128, also: "._-") }

  static func isPropertyName(_ text: String) -> Bool {
    text.utf8.count <= 128 && text.utf8.first.map { !isDigit($0) && $0 != UInt8(ascii: "-") } == true
      && text.utf8.allSatisfy { isLower($0 | 0x20) || isDigit($0) || "_-".utf8.contains($0) }
  }

  private static func isName(_ text: String, limit: Int, also punctuation: String) -> Bool {
    text.utf8.count <= limit && text.utf8.first.map(isLower) == true
      && text.utf8.allSatisfy { isLower($0) || isDigit($0) || punctuation.utf8.contains($0) }
  }

  private static func isLower(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
  }
  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
