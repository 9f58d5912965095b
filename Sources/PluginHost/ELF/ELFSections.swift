/// The section headers: what linkers and debuggers use. The loader does not need them, and a file may have none.
struct ELFSections: Sendable, Equatable {
  struct Section: Sendable, Equatable {
    let name: String
    let type: UInt32
    let offset: UInt64
    let size: UInt64
  }

  /// In file order; empty when there are none or they are damaged.
  private(set) var all: [Section] = []

  private static let headerSize: UInt64 = 64
  private static let namesLimit: UInt64 = 1 << 20
  private static let withoutBytes: UInt32 = 8

  init(_ source: ByteSource) {
    guard let header = source.record(at: 0, count: Self.headerSize), header.u64(40) != 0,
      UInt64(header.u16(58)) == Self.headerSize,
      let table = source.record(at: header.u64(40), count: UInt64(header.u16(60)) * Self.headerSize)
    else { return }
    let count = Int(header.u16(60))
    let namesIndex = Int(header.u16(62))
    guard namesIndex < count else { return }
    let names = table.section(namesIndex)
    guard names.size <= Self.namesLimit, let texts = source.bytes(at: names.offset, count: names.size) else {
      return
    }
    all = (0..<count).map { index in
      let found = table.section(index)
      let start = Int(found.name)
      let end = start < texts.count ? texts[start...].firstIndex(of: 0) : nil
      let name = end.flatMap { String(validating: texts[start..<$0], as: UTF8.self) } ?? ""
      return Section(name: name, type: found.type, offset: found.offset, size: found.size)
    }
  }

  func has(_ name: String) -> Bool { all.contains { $0.name == name } }

  /// The texts of a section that holds NUL-terminated ones, each once.
  func texts(of name: String, in source: ByteSource) -> [String] {
    guard let section = all.first(where: { $0.name == name }), section.type != Self.withoutBytes,
      section.size <= Self.namesLimit, let bytes = source.bytes(at: section.offset, count: section.size)
    else { return [] }
    var seen: Set<String> = []
    return bytes.split(separator: 0).compactMap { String(validating: $0, as: UTF8.self) }.filter {
      seen.insert($0).inserted
    }
  }
}

extension ByteRecord {
  fileprivate func section(_ index: Int) -> (name: UInt32, type: UInt32, offset: UInt64, size: UInt64) {
    let start = index * 64
    return (u32(start), u32(start + 4), u64(start + 24), u64(start + 32))
  }
}
