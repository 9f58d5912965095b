import DataModel
import Foundation
import PluginHost
import TestSupport
import Testing

@Suite("What an ELF file tells of its making")
struct ELFContentsTests {
  private static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private static func both(_ name: String) throws -> (ELFFile, ELFContents) {
    let source = ByteSource(try bytes(Sample.misbehaving(name)))
    return (try ELFFile(source), try ELFContents(source))
  }

  @Test("an ordinary plug-in has nothing special", arguments: ["gnu", "sysv", "both"])
  func ordinary(hashStyle: String) throws {
    let path = try PluginSource(
      id: "plain", code: "static int used(void) { return getpid(); }",
      ending: """
        static int32_t more(bh_ctx *ctx) { (void)ctx; return used(); }
        static const bh_action actions[] = {BH_ACTION("act", act), BH_ACTION("more", more)};
        BH_PLUGIN(actions)
        """
    ).build(flags: ["-Wl,--hash-style=\(hashStyle)"])
    let source = ByteSource(try Self.bytes(path))
    let (file, contents) = (try ELFFile(source), try ELFContents(source))
    #expect(
      !file.hasTextRelocations && !file.hasWritableCode && file.isBoundNow && file.hasReadOnlyRelocations)
    #expect(file.constructors == 1 && file.glibc != nil)
    #expect(contents.symbols.exports == ["bh_plugin_entry"] && contents.symbols.unique.isEmpty)
    #expect(contents.symbols.imports.contains { $0 == "getpid" })
    #expect(contents.languages == [.c] && contents.hasDebugInformation && contents.drafts.isEmpty)
    #expect(contents.compilers.contains { $0.hasPrefix("GCC") || $0.contains("clang") })
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    #expect(try ELFContents(ByteSource(descriptor: descriptor)) == contents)
  }

  @Test("each special thing is seen in the fixture that has it, and nowhere else")
  func special() throws {
    #expect(try Self.both("text_relocations").0.hasTextRelocations)
    #expect(try Self.both("writable_code").0.hasWritableCode)
    let lazy = try Self.both("lazy_binding").0
    #expect(!lazy.isBoundNow && !lazy.hasReadOnlyRelocations)
    #expect(try Self.both("constructor").0.constructors == 2)
    #expect(try Self.both("unique_variable").1.symbols.unique == ["_ZN7CounterIiE5valueE"])
    #expect(try Self.both("many_exports").1.needlessExports == ["encode"])
    #expect(try Self.both("printing").1.languages == [.cPlusPlus])
    #expect(try Self.both("go_runtime").1.languages == [.go])
    let swift = try Self.both("swift_runtime").1
    #expect(swift.languages == [.swift] && swift.swiftToolchain?.contains("version 1.0.0") == true)
    #expect(try !Self.both("stripped").1.hasDebugInformation)
    #expect(try Self.both("draft_extension").1.drafts == ["bh.draft.telepathy/1"])
  }

  @Test("versions of glibc are read and ordered as numbers")
  func versions() throws {
    #expect(GlibcVersion(symbolVersion: "GLIBC_2.34")?.description == "2.34")
    #expect(GlibcVersion(symbolVersion: "GLIBC_2.2.5")?.description == "2.2")
    #expect(GlibcVersion(symbolVersion: "GLIBC_ABI_DT_RELR")?.description == "2.36")
    for other in ["GLIBC_PRIVATE", "GLIBCXX_3.4", "GLIBC_", "GLIBC_2", "GLIBC_2.x", "GLIBC_2.3.4.5", ""] {
      #expect(GlibcVersion(symbolVersion: other) == nil, "\(other)")
    }
    let (old, new) = (try #require(GlibcVersion("2.9")), try #require(GlibcVersion("2.36")))
    #expect(old < new && !(new < old) && !(new < new))
    #expect(try #require(GlibcVersion.running) >= old)
  }

  @Test("a file that wants a newer glibc, or its code written to, is refused before any of it runs")
  func refused() throws {
    let future = try Self.both("future_glibc").0
    #expect(future.glibc.map { $0.major >= 9 } == true)
    for (name, rule) in [
      ("future_glibc", "it needs glibc 9.9"), ("text_relocations", "its code would have to be written to"),
    ] {
      let inspection = PluginInspection(path: try Sample.misbehaving(name))
      #expect(inspection.objections.contains { $0.rule.hasPrefix(rule) }, "\(inspection.objections)")
    }
    let (plain, _) = try Self.both("lost_thread")
    try PluginFacts.checkForm(plain)
    let old = try #require(GlibcVersion("2.1"))
    #expect(throws: Objection.self) { try PluginFacts.checkForm(plain, glibc: old) }
    try PluginFacts.checkForm(future, glibc: nil)
  }

  @Test("random damage never crashes the reader", arguments: [UInt64(3), 4])
  func damage(seed: UInt64) throws {
    let whole = try Self.bytes(Sample.misbehaving("unique_variable"))
    var random = SplitMix64(seed: seed)
    for _ in 0..<400 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        // The headers, the tables behind them, and the section headers at the end.
        let near = [0..<64, 64..<700, 700..<2200, bytes.count - 2500..<bytes.count].randomElement(
          using: &random)
        bytes[Int.random(in: near ?? 0..<64, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = try? ELFContents(ByteSource(bytes))
      _ = try? ELFFile(ByteSource(bytes))
      _ = try? ELFContents(ByteSource(Array(bytes[..<Int.random(in: 0...bytes.count, using: &random)])))
    }
  }
}
