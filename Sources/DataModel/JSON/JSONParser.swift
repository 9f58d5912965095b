/// Why a text is not JSON, and where. Lines and columns count from 1; a column is a byte.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  package let line: Int
  package let column: Int
  package let message: String

  package var description: String { "line \(line), column \(column): \(message)" }
}

extension JSONValue {
  /// How deep lists and objects may nest.
  package static let depthLimit = 64
  /// How long a text may be by default, in bytes.
  package static let sizeLimit = 16 << 20

  /// Parses strict JSON (RFC 8259). Refused beyond that: a member name given twice, integers outside 64 bits,
  /// text deeper than `depthLimit` or longer than `sizeLimit` bytes.
  package init(parsing text: String, sizeLimit: Int = Self.sizeLimit) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), sizeLimit: sizeLimit)
  }

  /// As above, from bytes, which have to be UTF-8.
  package init(parsing bytes: [UInt8], sizeLimit: Int = Self.sizeLimit) throws(JSONError) {
    guard bytes.count <= sizeLimit else {
      throw JSONError(
        line: 1, column: 1, message: "\(bytes.count) bytes are more than the limit of \(sizeLimit)")
    }
    var parser = JSONParser(bytes)
    self = try parser.document()
  }
}

/// A recursive reader over bytes. Every access is bounds-checked: `byte` is 0 behind the end, which no rule
/// accepts.
private struct JSONParser {
  private let bytes: [UInt8]
  private var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var byte: UInt8 { at < bytes.count ? bytes[at] : 0 }

  mutating func document() throws(JSONError) -> JSONValue {
    guard String(validating: bytes, as: UTF8.self) != nil else { throw error("the text is not UTF-8") }
    let value = try value(depth: 0)
    skipSpace()
    guard at == bytes.count else { throw error("expected the end of the text, found \(found)") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= JSONValue.depthLimit else {
      throw error("nested deeper than \(JSONValue.depthLimit) levels")
    }
    skipSpace()
    switch byte {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw error("expected a value, found \(found)")
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    at += 1
    skipSpace()
    if take("}") { return members }
    while true {
      skipSpace()
      guard byte == UInt8(ascii: "\"") else {
        throw error("expected a member name in quotes, found \(found)")
      }
      let start = at
      let name = try string()
      guard members[name] == nil else {
        at = start
        throw error("the member \(JSONValue.quoted(name)) is given twice")
      }
      skipSpace()
      guard take(":") else { throw error("expected ':', found \(found)") }
      members[name] = try value(depth: depth + 1)
      skipSpace()
      if take("}") { return members }
      guard take(",") else { throw error("expected ',' or '}', found \(found)") }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
    var elements: [JSONValue] = []
    at += 1
    skipSpace()
    if take("]") { return elements }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return elements }
      guard take(",") else { throw error("expected ',' or ']', found \(found)") }
    }
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    let word = Array(text.description.utf8)
    guard bytes[at...].starts(with: word) else { throw error("expected a value, found \(found)") }
    at += word.count
    return value
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = at
    _ = take("-")
    if !take("0") { try digits() } else if isDigit { throw error("a number does not begin with 0") }
    var isInteger = true
    if take(".") {
      isInteger = false
      try digits()
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      try digits()
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isInteger {
      if let value = Int64(text) { return .int(value) }
    } else if let value = Double(text), value.isFinite {
      return .real(value)
    }
    at = start
    throw error("the number \(text.prefix(40)) does not fit into 64 bits")
  }

  private mutating func digits() throws(JSONError) {
    guard isDigit else { throw error("expected a digit, found \(found)") }
    while isDigit { at += 1 }
  }

  private var isDigit: Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private mutating func string() throws(JSONError) -> String {
    at += 1
    var text = ""
    var start = at
    while true {
      switch byte {
      case UInt8(ascii: "\""):
        text += String(decoding: bytes[start..<at], as: UTF8.self)
        at += 1
        return text
      case UInt8(ascii: "\\"):
        text += String(decoding: bytes[start..<at], as: UTF8.self)
        at += 1
        text.unicodeScalars.append(try escape())
        start = at
      case 0..<0x20:
        throw error(
          at < bytes.count
            ? "a control character has to be written as \\u00XX" : "the text ends inside quotes")
      default: at += 1
      }
    }
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let letter = byte
    at += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default:
      at -= 1
      throw error("unknown escape \\\(found)")
    }
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if first < 0xDC00, take("\\"), take("u") {
      let second = try fourHexDigits()
      if second >= 0xDC00, second < 0xE000,
        let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
      {
        return scalar
      }
    }
    throw error("half of a surrogate pair")
  }

  private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("expected four hexadecimal digits after \\u")
      }
      value = value << 4 | UInt32(digit)
      at += 1
    }
    return value
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard byte == UInt8(ascii: character), at < bytes.count else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  /// What stands at the place, for messages.
  private var found: String {
    if at >= bytes.count { return "the end of the text" }
    if byte < 0x20 || byte == 0x7F { return "byte \(byte)" }
    let tail = String(decoding: bytes[at..<min(at + 4, bytes.count)], as: UTF8.self)
    return tail.first.map { "'\($0)'" } ?? "byte \(byte)"
  }

  private func error(_ message: String) -> JSONError {
    let before = bytes[..<min(at, bytes.count)]
    let line = before.count { $0 == 0x0A } + 1
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return JSONError(line: line, column: before.count - lineStart + 1, message: message)
  }
}
