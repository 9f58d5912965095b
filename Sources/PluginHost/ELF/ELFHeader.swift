/// The file header of a 64-bit little-endian ELF file, and what is said of files that are something else.
struct ELFHeader {
  private static let size: UInt64 = 64
  private static let segmentSize: UInt64 = 56
  private static let sharedObject: UInt16 = 3

  private let record: ByteRecord

  init(_ source: ByteSource) throws(Objection) {
    guard let record = source.record(at: 0, count: Self.size) else {
      throw Self.cutOff("its header is not complete (\(source.count) bytes)")
    }
    self.record = record
    let kind = record.u16(16)
    guard kind == Self.sharedObject else { throw Self.wrongKind(kind) }
  }

  /// The program headers; at most 65,535 of them.
  func segments(_ source: ByteSource) throws(Objection) -> [ELFSegment] {
    let offset = record.u64(32)
    let count = UInt64(record.u16(56))
    guard record.u16(54) == UInt16(Self.segmentSize), count > 0 else {
      throw Objection(
        "it has no program headers, so it cannot be loaded", cure: "link it with \"cc -shared -fPIC\"")
    }
    guard let table = source.record(at: offset, count: count * Self.segmentSize) else {
      throw Self.cutOff("its program headers lie behind its end")
    }
    return (0..<Int(count)).map { index in
      let start = index * Int(Self.segmentSize)
      return ELFSegment(ByteRecord(bytes: Array(table.bytes[start..<start + Int(Self.segmentSize)])))
    }
  }

  /// A copy that was cut off has headers that promise more bytes than it has. The section headers, which
  /// linkers put last, tell even when only the tail is missing.
  func refuseTruncated(_ source: ByteSource, _ segments: [ELFSegment]) throws(Objection) {
    for segment in segments where segment.size > 0 && segment.type != ELFSegment.stack {
      let (end, overflow) = segment.offset.addingReportingOverflow(segment.size)
      guard !overflow, end <= source.count else {
        throw Self.cutOff(
          "its headers promise \(overflow ? "more" : String(end)) bytes, it has \(source.count)")
      }
    }
    let sections = record.u64(40)
    let (end, overflow) = sections.addingReportingOverflow(UInt64(record.u16(58)) * UInt64(record.u16(60)))
    guard sections == 0 || (!overflow && end <= source.count) else {
      throw Self.cutOff(
        "its headers promise \(overflow ? "more" : String(end)) bytes, it has \(source.count)")
    }
  }

  /// Sentences for everything that is no ELF file of this machine.
  static func refuseStrangers(_ source: ByteSource) throws(Objection) {
    guard source.count > 0 else {
      throw Objection("it is empty", cure: "copy the built file here again", isIncomplete: true)
    }
    let start = source.bytes(at: 0, count: min(source.count, 512)) ?? []
    guard start.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { throw stranger(start) }
    guard start.count >= 20 else { throw cutOff("its header is not complete (\(source.count) bytes)") }
    let isBigEndian = start[5] == 2
    let machine =
      isBigEndian ? UInt16(start[18]) << 8 | UInt16(start[19]) : UInt16(start[19]) << 8 | UInt16(start[18])
    guard start[4] == 2, start[5] == 1, machine == ELFMachine.own else {
      let name = ELFMachine.name(machine, is64Bit: start[4] == 2, isBigEndian: isBigEndian)
      let ours = ELFMachine.name(ELFMachine.own, is64Bit: true, isBigEndian: false)
      throw Objection("it is for \(name), and this machine is \(ours)", cure: "build it on or for \(ours)")
    }
  }

  private static func stranger(_ start: [UInt8]) -> Objection {
    let rebuild = "build a shared object with \"cc -shared -fPIC\" and copy that here"
    let known: [(magic: [UInt8], name: String)] = [
      ([0xCF, 0xFA, 0xED, 0xFE], "a macOS library"), ([0xCA, 0xFE, 0xBA, 0xBE], "a macOS library"),
      (Array("MZ".utf8), "a Windows library"), (Array("!<arch>".utf8), "a static library (.a)"),
      (Array("BC".utf8), "LLVM bitcode"), ([0x1F, 0x8B], "a gzip file"), (Array("PK".utf8), "a zip file"),
      (Array("#!".utf8), "a script"),
    ]
    if let match = known.first(where: { start.starts(with: $0.magic) }) {
      return Objection("it is \(match.name), not a shared object for Linux", cure: rebuild)
    }
    let isText = start.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    return Objection(
      isText ? "it is a text file, not a shared object" : "it is no ELF file, which every shared object is",
      cure: rebuild)
  }

  private static func wrongKind(_ kind: UInt16) -> Objection {
    switch kind {
    case 1: Objection("it is an object file, not a shared object", cure: "link it with \"cc -shared\"")
    case 2: Objection("it is a program, not a shared object", cure: "link it with \"cc -shared -fPIC\"")
    case 4: Objection("it is a core dump, not a shared object", cure: "copy the built plug-in here instead")
    default: Objection("it is no shared object (ELF type \(kind))", cure: "link it with \"cc -shared -fPIC\"")
    }
  }

  private static func cutOff(_ how: String) -> Objection {
    Objection(
      "it is cut off: \(how)", cure: "copy it here again, and let the copy finish", isIncomplete: true)
  }
}

/// Names of processors, for people.
enum ELFMachine {
  #if arch(x86_64)
    static let own: UInt16 = 62
  #elseif arch(arm64)
    static let own: UInt16 = 183
  #else
    #error("the machine's ELF number is not known")
  #endif

  private static let names: [UInt16: String] = [
    3: "x86 (32 bit)", 8: "mips", 20: "powerpc", 21: "powerpc64", 22: "s390x", 40: "arm (32 bit)",
    43: "sparc64",
    62: "x86_64", 183: "aarch64", 243: "riscv", 247: "bpf", 258: "loongarch",
  ]

  static func name(_ machine: UInt16, is64Bit: Bool, isBigEndian: Bool) -> String {
    if machine == own, !is64Bit { return names[machine, default: ""] + " with 32-bit pointers" }
    if machine == own, isBigEndian { return names[machine, default: ""] + " in big-endian order" }
    return names[machine] ?? "an unknown machine (ELF number \(machine))"
  }
}
