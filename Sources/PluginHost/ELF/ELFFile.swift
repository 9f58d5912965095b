/// What a shared object says of itself, read from the file without running any of it. Nothing in the file is
/// trusted: every offset is checked, every loop has an end, and no input can crash the reader.
package struct ELFFile: Sendable, Equatable {
  /// The manifests found in its notes, in file order. A good plug-in has one.
  package private(set) var manifests: [String] = []
  /// Names of the libraries that it needs (DT_NEEDED).
  package private(set) var needed: [String] = []
  /// Where it wants them looked for (DT_RUNPATH, or DT_RPATH when there is none), one folder each.
  package private(set) var runPath: [String] = []
  package private(set) var soname: String?
  /// The program interpreter of an executable (PT_INTERP).
  package private(set) var interpreter: String?
  package private(set) var isExecutable = false
  /// It exports a function named `bh_plugin_entry`.
  package private(set) var exportsEntry = false
  /// It takes its thread-local variables from a small space that the first loads use up (DF_STATIC_TLS).
  package private(set) var hasStaticTLS = false
  /// Loading it would make every thread's stack executable.
  package private(set) var wantsExecutableStack = true
  /// The loader would have to write into its code (DT_TEXTREL).
  package private(set) var hasTextRelocations = false
  /// A part of it would be writable and executable at once.
  package private(set) var hasWritableCode = false
  /// All its calls are bound when it is loaded, none later (BIND_NOW).
  package private(set) var isBoundNow = false
  /// Its tables of addresses are made read-only once they are filled (PT_GNU_RELRO).
  package private(set) var hasReadOnlyRelocations = false
  /// Functions that run as soon as it is loaded. Every compiler adds one of its own.
  package private(set) var constructors: UInt64 = 0
  /// Versions that the libraries it needs have to have.
  package private(set) var neededVersions: [ELFNeededVersion] = []

  package static let entryName = "bh_plugin_entry"

  /// Reads the facts; throws when it is no shared object for this machine or is cut off.
  package init(_ source: ByteSource) throws(Objection) {
    try ELFHeader.refuseStrangers(source)
    let header = try ELFHeader(source)
    let segments = try header.segments(source)
    try header.refuseTruncated(source, segments)
    for segment in segments {
      switch segment.type {
      case ELFSegment.interpreter: interpreter = source.text(at: segment.offset) ?? ""
      case ELFSegment.readOnly: hasReadOnlyRelocations = true
      case ELFSegment.load where segment.flags & ELFSegment.writable != 0:
        if segment.flags & ELFSegment.executable != 0 { hasWritableCode = true }
      case ELFSegment.stack: wantsExecutableStack = segment.flags & ELFSegment.executable != 0
      default: break
      }
    }
    manifests = try ELFNotes.manifests(source, segments)
    let dynamic = try ELFDynamic(source, segments)
    needed = try dynamic.texts(ELFDynamic.needed)
    soname = try dynamic.texts(ELFDynamic.soname).first
    let paths = try dynamic.texts(ELFDynamic.runPath)
    runPath = (paths.isEmpty ? try dynamic.texts(ELFDynamic.rPath) : paths).flatMap {
      $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }
    hasStaticTLS = dynamic.value(ELFDynamic.flags) & ELFDynamic.staticTLS != 0
    isExecutable =
      interpreter != nil || dynamic.value(ELFDynamic.flags1) & ELFDynamic.positionIndependentProgram != 0
    exportsEntry = dynamic.exportsFunction(Self.entryName)
    readLoading(dynamic)
  }

  /// What loading it would do.
  private mutating func readLoading(_ dynamic: ELFDynamic) {
    let flags = dynamic.value(ELFDynamic.flags)
    hasTextRelocations =
      dynamic.has(ELFDynamic.textRelocations) || flags & ELFDynamic.textRelocationsFlag != 0
    isBoundNow =
      dynamic.has(ELFDynamic.bindNow) || flags & ELFDynamic.bindNowFlag != 0
      || dynamic.value(ELFDynamic.flags1) & ELFDynamic.bindNowFlag1 != 0
    constructors = dynamic.value(ELFDynamic.constructorsSize) / 8
    neededVersions = dynamic.neededVersions()
  }

  /// The newest glibc that one of its symbols asks for; nil when it asks for none.
  package var glibc: GlibcVersion? {
    neededVersions.compactMap { GlibcVersion(symbolVersion: $0.version) }.max()
  }
}

/// One program header.
struct ELFSegment: Sendable, Equatable {
  static let load: UInt32 = 1
  static let dynamic: UInt32 = 2
  static let interpreter: UInt32 = 3
  static let note: UInt32 = 4
  static let stack: UInt32 = 0x6474_E551
  static let readOnly: UInt32 = 0x6474_E552
  static let executable: UInt32 = 1
  static let writable: UInt32 = 2

  let type: UInt32
  let flags: UInt32
  let offset: UInt64
  let address: UInt64
  let size: UInt64
  let alignment: UInt64

  init(_ record: ByteRecord) {
    type = record.u32(0)
    flags = record.u32(4)
    offset = record.u64(8)
    address = record.u64(16)
    size = record.u64(32)
    alignment = record.u64(48)
  }
}
