/// Builds one message: little-endian numbers of fixed width, strings and arrays with a 32-bit count before them.
package struct WireWriter {
  package private(set) var bytes: [UInt8]

  package init(capacity: Int = 256) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  package mutating func put(_ value: UInt8) { bytes.append(value) }

  package mutating func put(_ value: UInt16) { append(value) }
  package mutating func put(_ value: UInt32) { append(value) }
  package mutating func put(_ value: UInt64) { append(value) }
  package mutating func put(_ value: Int32) { append(value) }
  package mutating func put(_ value: Int64) { append(value) }
  package mutating func put(_ value: Int) { append(Int64(value)) }

  package mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

  package mutating func put(_ value: String) {
    var text = value
    text.withUTF8 { utf8 in
      put(UInt32(truncatingIfNeeded: utf8.count))
      bytes.append(contentsOf: utf8)
    }
  }

  package mutating func put(_ value: [UInt8]) {
    put(UInt32(truncatingIfNeeded: value.count))
    bytes.append(contentsOf: value)
  }

  package mutating func put<Value: WireCodable>(_ value: Value) { value.encode(to: &self) }

  /// Overwrites four bytes written before: a length that is known only at the end.
  package mutating func patch(_ value: UInt32, at offset: Int) {
    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index))) }
  }

  private mutating func append<Number: FixedWidthInteger>(_ value: Number) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
