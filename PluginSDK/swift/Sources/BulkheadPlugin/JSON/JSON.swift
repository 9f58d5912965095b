/// A JSON value. Numbers keep their text, so that no digit is lost; members keep their order.
public enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSON])
  case object([Member])

  public struct Member: Sendable, Equatable {
    public var name: String
    public var value: JSON

    public init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// A member of an object; the last one of that name.
  public subscript(_ name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name == name }?.value
  }

  var string: String? {
    if case .string(let value) = self { value } else { nil }
  }

  var double: Double? {
    if case .number(let digits) = self { Double(digits) } else { nil }
  }

  /// In one line.
  public var text: String {
    var text = ""
    write(to: &text, indent: nil)
    return text
  }

  /// For people: small objects in one line, others one member a line.
  public var prettyText: String {
    var text = ""
    write(to: &text, indent: 0)
    return text
  }

  private func write(to text: inout String, indent: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let value): Self.quote(value, to: &text)
    case .array(let items): write(items.map { (nil, $0) }, ("[", "]"), to: &text, indent)
    case .object(let members): write(members.map { ($0.name, $0.value) }, ("{", "}"), to: &text, indent)
    }
  }

  private func write(
    _ items: [(name: String?, value: JSON)], _ brackets: (String, String), to text: inout String,
    _ indent: Int?
  ) {
    var inner = indent.map { $0 + 2 }
    if indent != nil, self.text.utf8.count <= 80 { inner = nil }
    text += brackets.0
    for (index, item) in items.enumerated() {
      if index > 0 { text += inner == nil && indent != nil ? ", " : "," }
      if let inner { text += "\n" + String(repeating: " ", count: inner) }
      if let name = item.name {
        Self.quote(name, to: &text)
        text += indent == nil ? ":" : ": "
      }
      item.value.write(to: &text, indent: inner ?? (indent == nil ? nil : 0))
    }
    if let indent, inner != nil { text += "\n" + String(repeating: " ", count: indent) }
    text += brackets.1
  }

  private static func quote(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case "\0"..<" ":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .number(String(value)) }
  public init(floatLiteral value: Double) { self = .number(String(value)) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0, $1) })
  }
}
