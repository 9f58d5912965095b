/// The dynamic section: what the loader would read.
struct ELFDynamic {
  static let needed: UInt64 = 1
  static let soname: UInt64 = 14
  static let rPath: UInt64 = 15
  static let runPath: UInt64 = 29
  static let flags: UInt64 = 30
  static let flags1: UInt64 = 0x6FFF_FFFB
  static let staticTLS: UInt64 = 0x10
  static let positionIndependentProgram: UInt64 = 0x0800_0000

  static let textRelocations: UInt64 = 22
  static let textRelocationsFlag: UInt64 = 0x4
  static let bindNow: UInt64 = 24
  static let bindNowFlag: UInt64 = 0x8
  static let bindNowFlag1: UInt64 = 0x1
  static let constructorsSize: UInt64 = 27

  static let stringsSize: UInt64 = 10
  static let hash: UInt64 = 4
  static let gnuHash: UInt64 = 0x6FFF_FEF5
  private static let strings: UInt64 = 5
  private static let symbols: UInt64 = 6
  private static let entrySize: UInt64 = 16
  private static let symbolSize: UInt64 = 24
  private static let entryLimit: UInt64 = 100_000
  /// Symbols that share a bucket.
  private static let chainLimit = 65_536

  let source: ByteSource
  private let loaded: [ELFSegment]
  private var entries: [(tag: UInt64, value: UInt64)] = []

  init(_ source: ByteSource, _ segments: [ELFSegment]) throws(Objection) {
    self.source = source
    loaded = segments.filter { $0.type == ELFSegment.load }
    guard let segment = segments.first(where: { $0.type == ELFSegment.dynamic }),
      let table = source.record(
        at: segment.offset, count: min(segment.size, Self.entryLimit * Self.entrySize))
    else {
      throw Objection(
        "it has no dynamic section, so it cannot be loaded", cure: "link it with \"cc -shared -fPIC\"")
    }
    for offset in stride(from: 0, to: table.bytes.count, by: Int(Self.entrySize)) {
      let tag = table.u64(offset)
      if tag == 0 { break }
      entries.append((tag, table.u64(offset + 8)))
    }
  }

  /// The value of the first entry with the tag, 0 when there is none.
  func value(_ tag: UInt64) -> UInt64 { entries.first { $0.tag == tag }?.value ?? 0 }

  func has(_ tag: UInt64) -> Bool { entries.contains { $0.tag == tag } }

  /// Where the symbols and their names stand in the file.
  var symbolTable: UInt64? { fileOffset(value(Self.symbols)) }
  var stringTable: UInt64? { fileOffset(value(Self.strings)) }

  /// The texts that the entries with the tag point to.
  func texts(_ tag: UInt64) throws(Objection) -> [String] {
    var texts: [String] = []
    for entry in entries where entry.tag == tag {
      guard let text = string(entry.value) else {
        throw Objection("its dynamic section is damaged", cure: "copy it here again, or build it again")
      }
      texts.append(text)
    }
    return texts
  }

  func string(_ offset: UInt64) -> String? {
    guard offset < value(Self.stringsSize), let start = fileOffset(value(Self.strings)) else { return nil }
    let (place, overflow) = start.addingReportingOverflow(offset)
    return overflow ? nil : source.text(at: place)
  }

  /// Where the bytes of an address stand in the file.
  func fileOffset(_ address: UInt64) -> UInt64? {
    for segment in loaded where address >= segment.address && address - segment.address < segment.size {
      return segment.offset + (address - segment.address)
    }
    return nil
  }

  /// Whether a dlsym would find a function of that name in this file. A file with neither hash table exports
  /// nothing that could be found.
  func exportsFunction(_ name: String) -> Bool {
    if let table = fileOffset(value(Self.gnuHash)), value(Self.gnuHash) != 0 {
      return gnuCandidates(table, name).contains { isFunction($0, name) }
    }
    if let table = fileOffset(value(Self.hash)), value(Self.hash) != 0 {
      return candidates(table, name).contains { isFunction($0, name) }
    }
    return false
  }

  private func isFunction(_ index: UInt64, _ name: String) -> Bool {
    guard let table = fileOffset(value(Self.symbols)),
      let symbol = source.record(at: table + index * Self.symbolSize, count: Self.symbolSize)
    else { return false }
    let type = symbol.u8(4) & 0xF
    let binding = symbol.u8(4) >> 4
    let visibility = symbol.u8(5) & 3
    let isDefined = symbol.u16(6) != 0 && symbol.u64(8) != 0
    let isVisible = (binding == 1 || binding == 2) && (visibility == 0 || visibility == 3)
    return type == 2 && isVisible && isDefined && string(UInt64(symbol.u32(0))) == name
  }

  /// Symbol numbers with the name's hash in a DT_GNU_HASH table.
  private func gnuCandidates(_ table: UInt64, _ name: String) -> [UInt64] {
    guard let header = source.record(at: table, count: 16), header.u32(0) > 0 else { return [] }
    let hash = name.utf8.reduce(UInt32(5381)) { $0 &* 33 &+ UInt32($1) }
    let buckets = table + 16 + UInt64(header.u32(8)) * 8
    let chains = buckets + UInt64(header.u32(0)) * 4
    let first = UInt64(header.u32(4))
    guard var index = word(buckets + UInt64(hash % header.u32(0)) * 4).map(UInt64.init), index >= first else {
      return []
    }
    var found: [UInt64] = []
    for _ in 0..<Self.chainLimit {
      guard let entry = word(chains + (index - first) * 4) else { break }
      if entry | 1 == hash | 1 { found.append(index) }
      if entry & 1 == 1 { break }
      index += 1
    }
    return found
  }

  /// Symbol numbers in the name's bucket of a DT_HASH table.
  private func candidates(_ table: UInt64, _ name: String) -> [UInt64] {
    guard let header = source.record(at: table, count: 8), header.u32(0) > 0 else { return [] }
    var hash: UInt32 = 0
    for byte in name.utf8 {
      hash = (hash << 4) &+ UInt32(byte)
      let high = hash & 0xF000_0000
      hash = (hash ^ high >> 24) & ~high
    }
    let buckets = table + 8
    let chains = buckets + UInt64(header.u32(0)) * 4
    var found: [UInt64] = []
    var index = word(buckets + UInt64(hash % header.u32(0)) * 4)
    while let at = index, at != 0, found.count < Self.chainLimit {
      found.append(UInt64(at))
      index = word(chains + UInt64(at) * 4)
    }
    return found
  }

  private func word(_ offset: UInt64) -> UInt32? { source.record(at: offset, count: 4)?.u32(0) }
}
