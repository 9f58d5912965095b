import Glibc

/// The bytes of a file, read where they are asked for: no mapping that a writer could pull away, and no way
/// to reach beyond the end.
package struct ByteSource: Sendable {
  private enum Backing: Sendable {
    case bytes([UInt8])
    case descriptor(Int32)
  }

  private let backing: Backing
  package let count: UInt64

  package init(_ bytes: [UInt8]) {
    backing = .bytes(bytes)
    count = UInt64(bytes.count)
  }

  /// Borrows an open regular file for as long as the source is used.
  package init(descriptor: Int32) {
    var status = stat()
    backing = .descriptor(descriptor)
    count = fstat(descriptor, &status) == 0 ? UInt64(clamping: status.st_size) : 0
  }

  /// Exactly `count` bytes; nil when they are not all inside, or could not be read.
  package func bytes(at offset: UInt64, count wanted: UInt64) -> [UInt8]? {
    guard offset <= count, wanted <= count - offset else { return nil }
    switch backing {
    case .bytes(let bytes): return Array(bytes[Int(offset)..<Int(offset + wanted)])
    case .descriptor(let descriptor): return Self.read(descriptor, Int(offset), Int(wanted))
    }
  }

  /// A record of fixed-width little-endian fields.
  package func record(at offset: UInt64, count: UInt64) -> ByteRecord? {
    bytes(at: offset, count: count).map(ByteRecord.init)
  }

  /// The text up to the NUL, which has to come within `limit` bytes.
  package func text(at offset: UInt64, limit: UInt64 = 4096) -> String? {
    guard offset < count, let bytes = bytes(at: offset, count: min(limit, count - offset)),
      let end = bytes.firstIndex(of: 0)
    else { return nil }
    return String(validating: bytes[..<end], as: UTF8.self)
  }

  private static func read(_ descriptor: Int32, _ offset: Int, _ wanted: Int) -> [UInt8]? {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      while filled < wanted {
        let part = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
        let got = pread(descriptor, part.baseAddress, part.count, offset + filled)
        if got < 0, errno == EINTR { continue }
        guard got > 0 else {
          failed = true
          return
        }
        filled += got
      }
    }
    return failed ? nil : bytes
  }
}

/// A few bytes seen as little-endian fields; outside of them every field is 0.
package struct ByteRecord: Sendable {
  package let bytes: [UInt8]

  package func u8(_ offset: Int) -> UInt8 { bytes.indices.contains(offset) ? bytes[offset] : 0 }
  package func u16(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: field(offset, 2)) }
  package func u32(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: field(offset, 4)) }
  package func u64(_ offset: Int) -> UInt64 { field(offset, 8) }

  private func field(_ offset: Int, _ width: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in (0..<width).reversed() { value = value << 8 | UInt64(u8(offset + index)) }
    return value
  }
}
