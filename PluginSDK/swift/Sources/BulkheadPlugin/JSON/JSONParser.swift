/// The text is no JSON; `position` counts bytes from 0.
public struct JSONFailure: CodedError, Sendable {
  public let position: Int
  public let problem: String

  public var code: Code { .invalid }
  public var description: String { "no JSON at byte \(position): \(problem)" }
}

extension JSON {
  /// Parses a whole text. Nesting deeper than 128 is refused: a run's stack is small.
  public init(parsing text: String) throws(JSONFailure) {
    var parser = JSONParser(bytes: Array(text.utf8))
    self = try parser.document()
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  var position = 0
  var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONFailure) -> JSON {
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw failure("text after the end") }
    return value
  }

  private func failure(_ problem: String) -> JSONFailure { JSONFailure(position: position, problem: problem) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(JSONFailure) -> JSON {
    skipSpace()
    guard let byte = next else { throw failure("the text ends too early") }
    switch byte {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONFailure) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONFailure) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  private mutating func nested(_ body: (inout JSONParser) throws(JSONFailure) -> JSON) throws(JSONFailure)
    -> JSON
  {
    guard depth < 128 else { throw failure("nested too deeply") }
    position += 1
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func object() throws(JSONFailure) -> JSON {
    var members: [JSON.Member] = []
    if take("}") { return .object([]) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw failure("a member's name is missing") }
      let name = try string()
      guard take(":") else { throw failure("':' is missing") }
      members.append(JSON.Member(name, try value()))
    } while take(",")
    guard take("}") else { throw failure("'}' is missing") }
    return .object(members)
  }

  private mutating func array() throws(JSONFailure) -> JSON {
    var items: [JSON] = []
    if take("]") { return .array([]) }
    repeat { items.append(try value()) } while take(",")
    guard take("]") else { throw failure("']' is missing") }
    return .array(items)
  }

  private mutating func word(_ word: String, _ value: JSON) throws(JSONFailure) -> JSON {
    guard bytes[position...].starts(with: word.utf8) else { throw failure("\(word) was expected") }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws(JSONFailure) -> String {
    let begin = position
    while let byte = next, "+-.eE0123456789".utf8.contains(byte) { position += 1 }
    let text = String(decoding: bytes[begin..<position], as: UTF8.self)
    guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first),
      Double(text) != nil
    else { throw failure("a value was expected") }
    return text
  }

  private mutating func string() throws(JSONFailure) -> String {
    position += 1
    var content: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
      case UInt8(ascii: "\\"): content += try escape()
      default: content.append(byte)
      }
    }
    throw failure("a text does not end")
  }

  private mutating func escape() throws(JSONFailure) -> [UInt8] {
    guard let byte = next else { throw failure("a text does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "u"): return Array(String(Character(try scalar())).utf8)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    default: throw failure("no such escape")
    }
  }

  /// After `\u`: one unit, or two that make a pair. A lone half becomes U+FFFD.
  private mutating func scalar() throws(JSONFailure) -> Unicode.Scalar {
    let high = try unit()
    guard (0xD800..<0xDC00).contains(high), bytes[position...].starts(with: [0x5C, 0x75]) else {
      return Unicode.Scalar(high) ?? "\u{FFFD}"
    }
    let before = position
    position += 2
    let low = try unit()
    guard (0xDC00..<0xE000).contains(low) else {
      position = before
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
  }

  private mutating func unit() throws(JSONFailure) -> UInt32 {
    let digits = String(decoding: bytes[position..<min(position + 4, bytes.count)], as: UTF8.self)
    guard digits.utf8.count == 4, let value = UInt32(digits, radix: 16) else {
      throw failure("\\u needs four hexadecimal digits")
    }
    position += 4
    return value
  }
}
