import Foundation
import TestSupport
import Testing

@Suite("Manifest in a file of its own")
struct ManifestFileTests {
  private static let manifest = """
    {"id": "apart", "version": "1.0.0", "title": "Größe \\"x\\" // no comment", "abi": {"built": 1, "min_host": 1},
     "actions": [{"name": "go"}]}

    """
  private static func source(_ path: String = "manifest.json", more: String = "") -> String {
    """
    #include <bulkhead/all.h>
    BH_MANIFEST_FILE("\(path)");
    \(more)
    static int32_t go(bh_ctx *ctx) { (void)ctx; return BH_OK; }
    static const bh_action actions[] = {BH_ACTION("go", go)};
    BH_PLUGIN(actions)
    """
  }

  private func build(
    _ source: String, _ dialect: Dialect, in scratch: Scratch, more: [String] = []
  ) throws -> ToolRun {
    try scratch.write("manifest.json", Self.manifest)
    try scratch.write("apart.c", source)
    return try scratch.run(
      dialect.arguments + ["-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,--gc-sections"] + more
        + ["apart.c", "-o", "apart.so"])
  }

  @Test("it is in the file as it was written, also after strip", arguments: Dialect.all)
  func carried(dialect: Dialect) throws {
    let scratch = try Scratch()
    let run = try build(Self.source(), dialect, in: scratch, more: dialect.compiler == "gcc" ? ["-flto"] : [])
    #expect(run.status == 0 && run.output == "", "\(run.output)")
    #expect(try scratch.run(["strip", "apart.so"]).status == 0)
    #expect(try ManifestNote.texts(in: scratch.path + "/apart.so") == [Self.manifest])
  }

  @Test(
    "it is found beside the source through -I, wherever the compiler was started",
    arguments: ["gcc", "clang"])
  func elsewhere(compiler: String) throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path + "/sub", withIntermediateDirectories: false)
    try scratch.write("sub/manifest.json", Self.manifest)
    try scratch.write("sub/apart.c", Self.source())
    let line = [compiler, "-shared", "-fPIC", "-I", Sample.headers, "sub/apart.c", "-o", "apart.so"]
    #expect(try scratch.run(line).status != 0)
    let run = try scratch.run(line + ["-I", "sub"])
    #expect(run.status == 0, "\(run.output)")
    #expect(try ManifestNote.texts(in: scratch.path + "/apart.so") == [Self.manifest])
  }

  @Test("a path that is wrong is an error that names it", arguments: ["gcc", "clang"])
  func wrongPath(compiler: String) throws {
    let scratch = try Scratch()
    let run = try build(
      Self.source("manifets.json"), Dialect(compiler: compiler, standard: "c11"), in: scratch)
    #expect(run.status != 0)
    #expect(run.output.contains("manifets.json"))
    #expect(run.output.lowercased().contains("file"))
  }

  @Test("a second manifest in the same source does not compile", arguments: Dialect.all)
  func twice(dialect: Dialect) throws {
    let scratch = try Scratch()
    for second in ["BH_MANIFEST_FILE(\"manifest.json\");", "BH_MANIFEST({\"id\": \"b\"});"] {
      let run = try build(Self.source(more: second), dialect, in: scratch)
      #expect(run.status != 0 && run.output.contains("bh_manifest_note"), "\(second)")
    }
  }
}
