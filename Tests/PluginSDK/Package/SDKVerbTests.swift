import DataModel
import Foundation
import TestSupport
import Testing

@Suite("Verbs of the SDK")
struct SDKVerbTests {
  private func run(_ arguments: [String]) async throws -> CommandRun {
    try await onThread { try CommandRun(["sdk"] + arguments) }
  }

  @Test("schema prints the schema's file as it is")
  func schema() async throws {
    let run = try await run(["schema"])
    #expect(run.exitCode == 0)
    #expect(
      run.output
        == (try String(contentsOfFile: Sample.root + "/PluginSDK/manifest.schema.json", encoding: .utf8)))
  }

  @Test("header reads a manifest or a plug-in, and writes to the output or into a file")
  func header() async throws {
    let scratch = try Scratch()
    let plugin = try Sample.checksum()
    let manifest = try scratch.write("manifest.json", try #require(try ManifestNote.texts(in: plugin).first))
    let fromFile = try await run(["header", manifest])
    let fromPlugin = try await run(["header", plugin, "--output", scratch.path + "/params.h"])
    #expect(fromFile.exitCode == 0 && fromPlugin.exitCode == 0, "\(fromPlugin.errors)")
    #expect(fromPlugin.output == "")
    #expect(try String(contentsOfFile: scratch.path + "/params.h", encoding: .utf8) == fromFile.output)
    let json = try JSONValue(parsing: try await run(["header", manifest, "--json"]).output)
    #expect(json["header"]?.stringValue == fromFile.output)
    #expect(json["actions"]?.arrayValue?.first?["reader"]?.stringValue == "checksum_tree_params_read")
  }

  @Test("what cannot be read or written is refused, and an old header stays as it is")
  func refused() async throws {
    let scratch = try Scratch()
    let old = try scratch.write("old.h", "old")
    let bad = try scratch.write("bad.json", "{\"id\": \"a\"}")
    let missing = try await run(["header", scratch.path + "/none.json", "--output", old])
    #expect(missing.exitCode == 6 && missing.errors.contains("none.json"))
    let wrong = try await run(["header", bad, "--output", old])
    #expect(wrong.exitCode == 7 && wrong.errors.contains("version: is missing"))
    let noNote = try await run(["header", try Sample.misbehaving("no_note"), "--output", old])
    #expect(noNote.exitCode == 7)
    let two = try await run(["header", try Sample.misbehaving("two_notes"), "--output", old])
    #expect(two.exitCode == 7 && two.errors.contains("manifest"))
    #expect(try String(contentsOfFile: old, encoding: .utf8) == "old")
    let good = try scratch.write(
      "good.json", try #require(try ManifestNote.texts(in: try Sample.checksum()).first))
    let nowhere = try await run(["header", good, "--output", scratch.path + "/no/such/place.h"])
    #expect(nowhere.exitCode == 7 && nowhere.errors.contains("place.h"))
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
    #expect(Set(names) == ["old.h", "bad.json", "good.json"])
  }
}
