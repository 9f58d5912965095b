import Foundation
import TestSupport
import Testing

@Suite("Template and tour")
struct TemplateTests {
  private static let tour = Sample.root + "/PluginSDK/README.md"

  @Test("plain cc builds the template in an empty folder, without a word")
  func template() throws {
    let scratch = try Scratch()
    try scratch.copy(
      "PluginSDK/template/c/my_plugin.c", "PluginSDK/template/c/params.h",
      "PluginSDK/template/c/manifest.json")
    let build = try scratch.run([
      "cc", "-Wall", "-Wextra", "-shared", "-fPIC", "-I", Sample.headers, "-I", ".", "my_plugin.c", "-o",
      "my_plugin.so",
    ])
    #expect(build.status == 0)
    #expect(build.output == "")
    #expect(try ManifestNote.texts(in: scratch.path + "/my_plugin.so").count == 1)
  }

  @Test("the tour's first plug-in builds with the tour's own line")
  func tour() throws {
    let text = try String(contentsOfFile: Self.tour, encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("cc -g -O2") })
    let scratch = try Scratch()
    try scratch.write("hello.c", try #require(cBlocks(of: text).first))
    let build = try scratch.run(["env", "SDK=" + Sample.root + "/PluginSDK", "sh", "-c", String(line)])
    #expect(build.status == 0)
    #expect(build.output == "")
    #expect(try ManifestNote.texts(in: scratch.path + "/hello.so").first?.contains("\"hello\"") == true)
  }

  @Test("every C block of the tour compiles without a warning", arguments: ["gcc", "clang"])
  func blocks(compiler: String) throws {
    let blocks = cBlocks(of: try String(contentsOfFile: Self.tour, encoding: .utf8))
    #expect(blocks.count >= 6)
    let scratch = try Scratch()
    for (index, block) in blocks.enumerated() {
      let source = block.contains("#include") ? block : "#include <bulkhead/all.h>\n" + block
      try scratch.write("block\(index).c", source)
      let run = try scratch.run([
        compiler, "-std=gnu11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wno-unused-function", "-I",
        Sample.headers, "-fsyntax-only", "block\(index).c",
      ])
      #expect(run.status == 0, "\(block)\n\(run.output)")
    }
  }

  private func cBlocks(of text: String) -> [String] {
    text.components(separatedBy: "```c\n").dropFirst().compactMap {
      $0.components(separatedBy: "```").first
    }
  }
}
