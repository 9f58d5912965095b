import CBulkheadPlugin
import Glibc

/// What a run has allocated: the plug-in's blocks, and texts that the host handed out. Freed when the run ends.
/// The list of blocks lies apart from them, so that a plug-in which writes past a block does not harm it.
struct RunMemory {
  /// Bytes of each block by address.
  private var blocks: [UInt: UInt64] = [:]
  /// Addresses of texts.
  private var texts: [UInt] = []

  private(set) var blockBytes: UInt64 = 0

  var blockCount: Int { blocks.count }

  /// How often a block was asked for.
  private(set) var requests = 0
  /// Which request is refused, from 1; nil: none.
  var refusedRequest: Int?

  /// A block for the plug-in; nil when it is refused. `alignment` 0 means 16.
  mutating func allocate(_ size: UInt64, alignment: UInt64) -> UnsafeMutableRawPointer? {
    requests += 1
    if requests == refusedRequest { return nil }
    let alignment = alignment == 0 ? 16 : alignment
    guard size <= UInt64(Int.max), alignment <= 1 << 30, alignment & (alignment - 1) == 0 else { return nil }
    var block: UnsafeMutableRawPointer?
    if alignment <= 16 {
      block = malloc(max(Int(size), 1))
    } else if posix_memalign(&block, Int(alignment), max(Int(size), 1)) != 0 {
      return nil
    }
    guard let block else { return nil }
    blocks[UInt(bitPattern: block)] = size
    blockBytes &+= size
    return block
  }

  /// False when the run has no such block: a second free, or a foreign pointer, which is left alone.
  mutating func release(_ block: UnsafeMutableRawPointer) -> Bool {
    guard let size = blocks.removeValue(forKey: UInt(bitPattern: block)) else { return false }
    blockBytes &-= size
    free(block)
    return true
  }

  /// A copy of a text with a NUL behind it, valid until the run ends; nil when there is no memory.
  mutating func keep(_ text: String) -> bh_str? {
    var text = text
    return text.withUTF8 { bytes -> bh_str? in
      guard let copy = malloc(bytes.count + 1) else { return nil }
      if let start = bytes.baseAddress { memcpy(copy, start, bytes.count) }
      copy.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
      texts.append(UInt(bitPattern: copy))
      return bh_str(ptr: UnsafePointer(copy.assumingMemoryBound(to: CChar.self)), len: UInt64(bytes.count))
    }
  }

  mutating func freeAll() {
    for address in blocks.keys { free(UnsafeMutableRawPointer(bitPattern: address)) }
    for address in texts { free(UnsafeMutableRawPointer(bitPattern: address)) }
    blocks = [:]
    texts = []
    blockBytes = 0
  }
}
