/// A reply without content.
package struct Nothing: Sendable, Equatable, WireCodable {
  package init() {}
  package func encode(to writer: inout WireWriter) {}
  package init(from reader: inout WireReader) throws(StoreError) {}
}

extension Bool: WireCodable {
  package func encode(to writer: inout WireWriter) { writer.put(self) }
  package init(from reader: inout WireReader) throws(StoreError) { self = try reader.bool() }
}

extension UInt32: WireCodable {
  package func encode(to writer: inout WireWriter) { writer.put(self) }
  package init(from reader: inout WireReader) throws(StoreError) { self = try reader.number() }
}

extension Int64: WireCodable {
  package func encode(to writer: inout WireWriter) { writer.put(self) }
  package init(from reader: inout WireReader) throws(StoreError) { self = try reader.number() }
}

extension Int: WireCodable {
  package func encode(to writer: inout WireWriter) { writer.put(Int64(self)) }
  package init(from reader: inout WireReader) throws(StoreError) {
    self = Int(try reader.number(Int64.self))
  }
}

extension String: WireCodable {
  package func encode(to writer: inout WireWriter) { writer.put(self) }
  package init(from reader: inout WireReader) throws(StoreError) { self = try reader.string() }
}

extension Optional: WireCodable where Wrapped: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(self != nil)
    if let value = self { value.encode(to: &writer) }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self = try reader.bool() ? try Wrapped(from: &reader) : nil
  }
}

extension Array: WireCodable where Element: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(UInt32(truncatingIfNeeded: count))
    for element in self { element.encode(to: &writer) }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    let count = try reader.count()
    self = []
    reserveCapacity(Swift.min(count, 4096))  // more is paid for by bytes that were really read
    for _ in 0..<count { append(try Element(from: &reader)) }
  }
}

/// Counts by name; sorted, so that equal dictionaries have equal bytes.
extension Dictionary: WireCodable where Key == String, Value: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(UInt32(truncatingIfNeeded: count))
    for key in keys.sorted() {
      writer.put(key)
      if let value = self[key] { value.encode(to: &writer) }
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    let count = try reader.count()
    self = [:]
    for _ in 0..<count {
      let key = try reader.string()
      self[key] = try Value(from: &reader)
    }
  }
}
