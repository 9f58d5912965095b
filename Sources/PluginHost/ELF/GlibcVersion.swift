import Glibc

/// A version of the GNU C library.
package struct GlibcVersion: Sendable, Equatable, Comparable, CustomStringConvertible {
  package let major: Int
  package let minor: Int

  /// From `2.36`.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard (2...3).contains(parts.count), let major = parts[0], let minor = parts[1], parts.last != .some(nil),
      major >= 0, minor >= 0
    else { return nil }
    self.major = major
    self.minor = minor
  }

  /// From the version of a symbol, `GLIBC_2.34`; nil for `GLIBC_PRIVATE` and for symbols of other libraries.
  package init?(symbolVersion: String) {
    // A loader that knows packed relocations says so by a version of its own, since 2.36.
    let text = symbolVersion == "GLIBC_ABI_DT_RELR" ? "GLIBC_2.36" : symbolVersion
    guard text.hasPrefix("GLIBC_") else { return nil }
    self.init(text.dropFirst("GLIBC_".count))
  }

  /// That of this process; nil when the C library is another one.
  package static let running: GlibcVersion? = {
    var text = [CChar](repeating: 0, count: 64)
    guard confstr(Int32(_CS_GNU_LIBC_VERSION), &text, text.count) > 0 else { return nil }
    let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return words.split(separator: " ").last.flatMap { GlibcVersion($0) }
  }()

  package static func < (left: GlibcVersion, right: GlibcVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }

  package var description: String { "\(major).\(minor)" }
}

/// A version of symbols that a library has to have, or the loader refuses the file (an entry of DT_VERNEED).
package struct ELFNeededVersion: Sendable, Equatable {
  package let library: String
  package let version: String
}

extension ELFDynamic {
  private static let neededVersionTable: UInt64 = 0x6FFF_FFFE
  /// A linker writes some dozens.
  private static let neededVersionLimit = 10_000
  private static let weakVersion: UInt16 = 2

  /// Those without which the file is not loaded; weak ones are left out.
  func neededVersions() -> [ELFNeededVersion] {
    guard value(Self.neededVersionTable) != 0, var place = fileOffset(value(Self.neededVersionTable)) else {
      return []
    }
    var found: [ELFNeededVersion] = []
    var steps = 0
    // Places stay inside the file, whose length fits 63 bits: adding 32 bits to one cannot overflow.
    while steps < Self.neededVersionLimit, let need = source.record(at: place, count: 16) {
      let library = string(UInt64(need.u32(4))) ?? ""
      var entryPlace = place + UInt64(need.u32(8))
      for _ in 0..<need.u16(2) {
        guard steps < Self.neededVersionLimit, let entry = source.record(at: entryPlace, count: 16) else {
          break
        }
        steps += 1
        if entry.u16(4) & Self.weakVersion == 0, let version = string(UInt64(entry.u32(8))) {
          found.append(ELFNeededVersion(library: library, version: version))
        }
        guard entry.u32(12) > 0 else { break }
        entryPlace += UInt64(entry.u32(12))
      }
      steps += 1
      guard need.u32(12) > 0 else { break }
      place += UInt64(need.u32(12))
    }
    return found
  }
}
