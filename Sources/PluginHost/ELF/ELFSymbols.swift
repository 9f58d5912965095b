/// The names that a file gives to others and wants from them, as the loader sees them.
package struct ELFSymbols: Sendable, Equatable {
  /// What a dlsym or another library could find in it.
  package private(set) var exports: [String] = []
  /// Of the exports, those that the loader makes one for the whole process, whichever file had them first
  /// (STB_GNU_UNIQUE).
  package private(set) var unique: [String] = []
  /// What it wants from others.
  package private(set) var imports: [String] = []

  /// Symbols that are looked at; no linker wrote that many for a plug-in.
  static let limit: UInt64 = 200_000
  private static let size: UInt64 = 24
  private static let block: UInt64 = 4096
  private static let stringsLimit: UInt64 = 64 << 20
  private static let absolute: UInt16 = 0xFFF1
  /// Made by linkers, in every file of some of them.
  private static let ofLinker: Set = ["_init", "_fini", "_edata", "_end", "__bss_start", "_etext"]

  init(_ source: ByteSource, _ dynamic: ELFDynamic) {
    guard let table = dynamic.symbolTable, let stringsPlace = dynamic.stringTable,
      stringsPlace <= source.count,
      let strings = source.bytes(
        at: stringsPlace,
        count: min(dynamic.value(ELFDynamic.stringsSize), source.count - stringsPlace, Self.stringsLimit))
    else { return }
    let count = min(dynamic.symbolCount(), Self.limit)
    var index: UInt64 = 1
    while index < count {
      let part = min(Self.block, count - index)
      guard let records = source.record(at: table + index * Self.size, count: part * Self.size) else {
        return
      }
      for number in 0..<Int(part) { add(records, number * Int(Self.size), strings) }
      index += part
    }
  }

  private mutating func add(_ records: ByteRecord, _ offset: Int, _ strings: [UInt8]) {
    let binding = records.u8(offset + 4) >> 4
    let visibility = records.u8(offset + 5) & 3
    let section = records.u16(offset + 6)
    guard binding == 1 || binding == 2 || binding == 10, section != Self.absolute,
      let name = Self.text(strings, Int(records.u32(offset))), !name.isEmpty
    else { return }
    if section == 0 {
      imports.append(name)
    } else if visibility == 0 || visibility == 3, !Self.ofLinker.contains(name) {
      exports.append(name)
      if binding == 10 { unique.append(name) }
    }
  }

  private static func text(_ strings: [UInt8], _ offset: Int) -> String? {
    guard offset < strings.count, let end = strings[offset...].firstIndex(of: 0), end - offset < 4096 else {
      return nil
    }
    return String(validating: strings[offset..<end], as: UTF8.self)
  }
}

extension ELFDynamic {
  /// How many symbols the hash tables know of. Damaged tables give a wrong number, never one without end.
  func symbolCount() -> UInt64 {
    if value(Self.hash) != 0, let table = fileOffset(value(Self.hash)),
      let header = source.record(at: table, count: 8)
    {
      return UInt64(header.u32(4))
    }
    guard value(Self.gnuHash) != 0, let table = fileOffset(value(Self.gnuHash)),
      let header = source.record(at: table, count: 16)
    else { return 0 }
    let first = UInt64(header.u32(4))
    let bucketCount = min(UInt64(header.u32(0)), ELFSymbols.limit)
    let buckets = table + 16 + UInt64(header.u32(8)) * 8
    guard let words = source.record(at: buckets, count: bucketCount * 4) else { return first }
    var last = (0..<Int(bucketCount)).reduce(UInt64(0)) { max($0, UInt64(words.u32($1 * 4))) }
    guard last >= first else { return first }
    // The last symbol of the fullest bucket's chain is the last one of all.
    let chains = buckets + UInt64(header.u32(0)) * 4
    for _ in 0..<ELFSymbols.limit {
      guard let entry = source.record(at: chains + (last - first) * 4, count: 4) else { break }
      last += 1
      if entry.u32(0) & 1 == 1 { break }
    }
    return last
  }
}
