/// Takes one message apart. Every read is checked against what is there: bytes of a stranger end in
/// `StoreError(.badFrame)`, never in a trap or in an allocation that the message does not pay for.
package struct WireReader {
  private let bytes: [UInt8]
  private var offset: Int
  private let end: Int

  package init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

  /// Reads only that part of the bytes, without copying them.
  package init(_ bytes: [UInt8], _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    self.bytes = bytes
    offset = range.lowerBound
    end = range.upperBound
  }

  package var remaining: Int { end - offset }

  package mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type = Number.self
  ) throws(StoreError) -> Number {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { throw Self.cutShort }
    let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    offset += size
    return Number(littleEndian: value)
  }

  package mutating func bool() throws(StoreError) -> Bool {
    switch try number(UInt8.self) {
    case 0: return false
    case 1: return true
    default: throw StoreError(.badFrame, "a message holds a flag that is neither 0 nor 1")
    }
  }

  package mutating func string() throws(StoreError) -> String {
    let range = try nextRange()
    return String(decoding: bytes[range], as: UTF8.self)
  }

  package mutating func blob() throws(StoreError) -> [UInt8] {
    let range = try nextRange()
    return [UInt8](bytes[range])
  }

  package mutating func value<Value: WireCodable>(
    _ type: Value.Type = Value.self
  ) throws(StoreError) -> Value {
    try Value(from: &self)
  }

  /// The count of a list: no list has more items than the message has bytes left.
  package mutating func count() throws(StoreError) -> Int {
    let count = Int(try number(UInt32.self))
    guard count <= remaining else { throw Self.cutShort }
    return count
  }

  /// A value of an enum whose raw value is a byte.
  package mutating func choice<Choice: RawRepresentable>(
    _ type: Choice.Type = Choice.self
  ) throws(StoreError) -> Choice where Choice.RawValue == UInt8 {
    let raw = try number(UInt8.self)
    guard let value = Choice(rawValue: raw) else { throw Self.unknown(raw, of: "\(Choice.self)") }
    return value
  }

  /// Says that the message is over: bytes left behind are as wrong as bytes that are missing.
  package func finish() throws(StoreError) {
    guard remaining == 0 else {
      throw StoreError(.badFrame, "a message holds \(remaining) bytes more than it should")
    }
  }

  package static func unknown(_ raw: UInt8, of type: String) -> StoreError {
    StoreError(.badFrame, "a message holds \(raw), which is no \(type)")
  }

  private static var cutShort: StoreError { StoreError(.badFrame, "a message ends before it should") }

  private mutating func nextRange() throws(StoreError) -> Range<Int> {
    let start = offset + 4
    let length = try count()
    offset = start + length
    return start..<offset
  }
}
