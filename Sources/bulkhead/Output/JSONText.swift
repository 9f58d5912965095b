/// JSON as the verbs print it with `--json`: one line, members in the order in which they were written.
indirect enum JSONText: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(String)
  case list([JSONText])
  case object([(name: String, value: JSONText)])
  /// Text that is known to be one JSON value.
  case verbatim(String)

  /// The document on one line. Characters that a terminal would act on are written as `\u` escapes.
  var text: String {
    var out = ""
    write(to: &out)
    return out
  }

  private func write(to out: inout String) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .integer(let value): out += String(value)
    case .string(let value): Self.quote(value, to: &out)
    case .list(let values): Self.list(values, to: &out)
    case .object(let members): Self.object(members, to: &out)
    case .verbatim(let value): Self.verbatim(value, to: &out)
    }
  }

  private static func list(_ values: [JSONText], to out: inout String) {
    out += "["
    for (index, value) in values.enumerated() {
      if index > 0 { out += "," }
      value.write(to: &out)
    }
    out += "]"
  }

  private static func object(_ members: [(name: String, value: JSONText)], to out: inout String) {
    out += "{"
    for (index, member) in members.enumerated() {
      if index > 0 { out += "," }
      quote(member.name, to: &out)
      out += ":"
      member.value.write(to: &out)
    }
    out += "}"
  }

  private static func quote(_ text: String, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      default: append(scalar, to: &out)
      }
    }
    out += "\""
  }

  /// Unsafe characters stand only inside strings of a JSON value, where an escape means the same; white space
  /// between tokens becomes a space, so that a document stays on one line.
  private static func verbatim(_ text: String, to out: inout String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n", "\r", "\t": out += " "
      default: append(scalar, to: &out)
      }
    }
  }

  private static func append(_ scalar: Unicode.Scalar, to out: inout String) {
    guard SafeText.isUnsafe(scalar) else {
      out.unicodeScalars.append(scalar)
      return
    }
    let hex = String(scalar.value, radix: 16)
    out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
  }
}

extension JSONText: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral {
  init(dictionaryLiteral elements: (String, JSONText)...) {
    self = .object(elements.map { (name: $0.0, value: $0.1) })
  }

  init(stringLiteral value: String) { self = .string(value) }

  /// A string, or null for nil.
  static func optional(_ text: String?) -> JSONText { text.map { .string($0) } ?? .null }

  /// A string, or null for an empty one.
  static func nonEmpty(_ text: String) -> JSONText { text.isEmpty ? .null : .string(text) }

  /// A number, or null for nil.
  static func optional(_ number: Int64?) -> JSONText { number.map { .integer($0) } ?? .null }

  static func integer(_ number: Int) -> JSONText { .integer(Int64(number)) }

  static func strings(_ texts: [String]) -> JSONText { .list(texts.map { .string($0) }) }

  /// A duration in milliseconds with three decimals, from nanoseconds.
  static func milliseconds(nanoseconds: Int64) -> JSONText {
    let micro = max(0, nanoseconds) / 1000
    let rest = String(micro % 1000)
    return .verbatim("\(micro / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest)
  }
}
