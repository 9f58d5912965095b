import Foundation
import TestSupport
import Testing

@Suite("Samples")
struct SampleTests {
  static let named = [
    "checksum/checksum.c", "libvirt/libvirt.c", "noop/noop.c", "orders/orders.c", "witness/witness.c",
  ].map { "SamplePlugins/" + $0 }

  @Test("the Makefile builds every sample without a warning", arguments: ["gcc", "clang"])
  func makefile(compiler: String) throws {
    let scratch = try Scratch()
    let run = try ToolRun([
      "make", "-j2", "-C", Sample.root + "/SamplePlugins", "all", "OUT=" + scratch.path, "CC=" + compiler,
      "CFLAGS=-O1 -Werror", "SWIFTFLAGS=-Onone",
    ])
    #expect(run.status == 0, "\(run.output)")
    // One plug-in a folder, and one a source in the folders of those that misbehave.
    let sources = try subpaths(Sample.root + "/SamplePlugins").filter { !$0.hasPrefix("build") }
    let folders = Set(sources.filter { $0.contains("/") }.map { String($0.prefix { $0 != "/" }) })
    let misbehaving = Sample.misbehavingSources.map(stem)
    let expected =
      folders.subtracting(["Misbehaving"]).filter { !run.output.contains("\($0) is left out") } + misbehaving
    let built = try subpaths(scratch.path).filter { $0.hasSuffix(".so") }.map(stem)
    #expect(Set(built) == Set(expected))
    #expect(built.count == expected.count)
  }

  @Test("each sample carries one manifest, that is JSON, and exports its entry alone", arguments: named)
  func manifest(source: String) throws {
    let file = try Sample.build(source)
    let texts = try ManifestNote.texts(in: file)
    #expect(texts.count == 1)
    let manifest = try JSONSerialization.jsonObject(with: Data((texts.first ?? "").utf8)) as? [String: Any]
    #expect(manifest?["id"] is String)
    #expect(((manifest?["actions"] as? [Any])?.count ?? 0) > 0)
    #expect(try Symbols.exported(by: file) == ["bh_plugin_entry"])
    #expect(try Symbols.imported(by: file).filter { $0.hasPrefix("bh_") }.isEmpty)
  }

  @Test(
    "the manifest survives strip, garbage collection and link-time optimisation", arguments: ["gcc", "clang"])
  func strip(compiler: String) throws {
    let scratch = try Scratch()
    let plain = try ManifestNote.texts(in: try Sample.witness())
    let flags = compiler == "gcc" ? ["-flto", "-Wl,--gc-sections"] : ["-Wl,--gc-sections"]
    let file = try Sample.build("SamplePlugins/witness/witness.c", flags: flags, compiler: compiler)
    let stripped = scratch.path + "/stripped.so"
    try FileManager.default.copyItem(atPath: file, toPath: stripped)
    #expect(try ToolRun(["strip", stripped]).status == 0)
    #expect(try scratch.run(["readelf", "-S", "stripped.so"]).output.contains(".symtab") == false)
    #expect(plain.count == 1)
    #expect(try ManifestNote.texts(in: stripped) == plain)
  }

  @Test("the fixtures break the rules they are named for")
  func misbehaving() throws {
    #expect(try ManifestNote.texts(in: Sample.misbehaving("no_note")).isEmpty)
    #expect(try ManifestNote.texts(in: Sample.misbehaving("two_notes")).count == 2)
    #expect(try Symbols.exported(by: Sample.misbehaving("no_entry")).isEmpty)
    let bad = try ManifestNote.texts(in: Sample.misbehaving("bad_note"))
    #expect(bad.count == 1)
    #expect(throws: (any Error).self) { try JSONSerialization.jsonObject(with: Data((bad.first ?? "").utf8)) }
  }

  @Test("a sample is compiled once for the same flags, and anew for others")
  func cache() throws {
    let first = try Sample.witness()
    #expect(try Sample.witness() == first)
    #expect(try Sample.build("SamplePlugins/witness/witness.c", flags: ["-DOTHER"]) != first)
  }

  @Test("a source that does not compile says so")
  func broken() throws {
    let scratch = try Scratch()
    let source = try scratch.write("broken.c", "#error not today\n")
    let failure = #expect(throws: ToolFailure.self) { try Sample.build(source) }
    #expect(failure?.description.contains("not today") == true)
  }

  private func subpaths(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder)
  }

  private func stem(_ path: String) -> String {
    URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
  }
}
