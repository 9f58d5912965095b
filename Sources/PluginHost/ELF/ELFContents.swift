import Glibc

/// What is worth knowing of a file beyond what loading it takes: the names it shows, the languages it was made
/// with, what a debugger would find. Reading all of it takes longer than `ELFFile`; as little is trusted.
package struct ELFContents: Sendable, Equatable {
  package enum Language: String, Sendable, CaseIterable {
    case c = "C"
    case cPlusPlus = "C++"
    case swift = "Swift"
    case rust = "Rust"
    case go = "Go"
  }

  package let symbols: ELFSymbols
  /// What the compilers and linkers wrote of themselves (`.comment`).
  package let compilers: [String]
  /// Those that left traces; C when there is no trace of another.
  package let languages: [Language]
  /// Debuggers find lines of source code.
  package let hasDebugInformation: Bool
  /// Identifiers of draft extensions among its texts (`bh.draft.records/1`).
  package let drafts: [String]

  private static let scanLimit: UInt64 = 32 << 20
  private static let draftPrefix = "bh.draft."

  /// Throws when it is no shared object for this machine.
  package init(_ source: ByteSource) throws(Objection) {
    try ELFHeader.refuseStrangers(source)
    let header = try ELFHeader(source)
    let segments = try header.segments(source)
    try header.refuseTruncated(source, segments)
    let dynamic = try ELFDynamic(source, segments)
    let sections = ELFSections(source)
    symbols = ELFSymbols(source, dynamic)
    compilers = sections.texts(of: ".comment", in: source)
    languages = Self.languages(sections, compilers, symbols, try dynamic.texts(ELFDynamic.needed))
    hasDebugInformation = [".debug_info", ".zdebug_info", ".gnu_debuglink"].contains { sections.has($0) }
    drafts = Self.drafts(source, segments)
  }

  /// The compiler line that tells one Swift toolchain from another; nil without Swift code.
  package var swiftToolchain: String? {
    languages.contains(.swift) ? compilers.first { $0.contains("swiftlang") || $0.hasPrefix("Swift") } : nil
  }

  /// That of this program, when it can be told.
  package static let hostSwiftToolchain: String? = {
    let descriptor = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return (try? ELFContents(ByteSource(descriptor: descriptor)))?.swiftToolchain
  }()

  /// Exports that a plug-in does not need to have: all but the entry, and but Swift's mangled names, which its
  /// compiler always exports.
  package var needlessExports: [String] {
    symbols.exports.filter { name in
      name != ELFFile.entryName
        && !(languages.contains(.swift) && (name.hasPrefix("$s") || name.hasPrefix("__swift")))
    }
  }

  private static func languages(
    _ sections: ELFSections, _ compilers: [String], _ symbols: ELFSymbols, _ needed: [String]
  ) -> [Language] {
    var found: Set<Language> = []
    if sections.all.contains(where: { $0.name.hasPrefix("swift5_") || $0.name.hasPrefix(".swift") })
      || needed.contains("libswiftCore.so")
    {
      found.insert(.swift)
    }
    if [".gopclntab", ".go.buildinfo", ".note.go.buildid"].contains(where: { sections.has($0) }) {
      found.insert(.go)
    }
    if compilers.contains(where: { $0.hasPrefix("rustc") }) { found.insert(.rust) }
    let libraries = ["libstdc++.so", "libc++.so"]
    if needed.contains(where: { name in libraries.contains { name.hasPrefix($0) } })
      || symbols.imports.contains("__gxx_personality_v0")
    {
      found.insert(.cPlusPlus)
    }
    return found.isEmpty ? [.c] : Language.allCases.filter { found.contains($0) }
  }

  /// Looks through all that is loaded, also what may be written to: lld puts the texts of Swift code there.
  private static func drafts(_ source: ByteSource, _ segments: [ELFSegment]) -> [String] {
    var found: Set<String> = []
    var left = scanLimit
    for segment in segments where segment.type == ELFSegment.load {
      let count = min(segment.size, left)
      left -= count
      guard count > 0, let bytes = source.bytes(at: segment.offset, count: count) else { continue }
      found.formUnion(identifiers(in: bytes))
    }
    return found.sorted()
  }

  private static func identifiers(in bytes: [UInt8]) -> [String] {
    let prefix = Array(draftPrefix.utf8)
    var found: [String] = []
    bytes.withUnsafeBytes { all in
      guard let start = all.baseAddress else { return }
      var offset = 0
      while offset < all.count, let hit = memchr(start + offset, Int32(prefix[0]), all.count - offset) {
        let place = UnsafeRawPointer(hit) - start
        offset = place + 1
        guard place + prefix.count < all.count, memcmp(hit, prefix, prefix.count) == 0 else { continue }
        let text = all[place...].prefix(64).prefix { byte in
          byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"")
        }
        found.append(String(decoding: text, as: UTF8.self))
      }
    }
    return found.filter { $0.utf8.count > prefix.count }
  }
}
