import DataModel
import Foundation
import TestSupport
import Testing

/// The manifest that is made from Swift types.
@Suite("Swift wrapper: manifest", .serialized)
struct SwiftManifestTests {
  @Test("the fixture's and the sample's manifests are what their types say")
  func current() async throws {
    try await onThread {
      let program = try SwiftPlugin.manifestProgram()
      let run = try ToolRun([program, "--check", SwiftPlugin.fixture + "/manifest.c"])
      #expect(run.status == 0, "\(run.output)")
      #expect(throws: Never.self) { try SwiftPlugin.make("dns-zone-manifest", "CHECK=--check") }
    }
  }

  @Test("a manifest that differs is said with its line, written anew on request, and then equal")
  func differs() async throws {
    try await onThread {
      let program = try SwiftPlugin.manifestProgram()
      let file = NSTemporaryDirectory() + "bulkhead-\(UUID().uuidString).c"
      defer { try? FileManager.default.removeItem(atPath: file) }
      #expect(try ToolRun([program, "--check", file]).status == 1)
      #expect(try ToolRun([program, file]).status == 0)
      let text = try String(contentsOfFile: file, encoding: .utf8)
      try text.replacing("\"default\": 7", with: "\"default\": 8").write(
        toFile: file, atomically: true, encoding: .utf8)
      let run = try ToolRun([program, "--check", file])
      #expect(run.status == 1)
      #expect(run.output.contains("\"default\": 8") && run.output.contains("\"default\": 7"), "\(run.output)")
      #expect(try ToolRun([program, file]).status == 0)
      #expect(try ToolRun([program, "--check", file]).status == 0)
      #expect(try ToolRun([program, "--wrong", file]).status == 64)
      #expect(try ToolRun([program, "/nowhere/manifest.c"]).output.contains("/nowhere/manifest.c"))
    }
  }

  @Test("types become a schema: required, optional, defaults, bounds, enums, lists, nested objects")
  func schema() async throws {
    try await onThread {
      let program = try SwiftPlugin.manifestProgram()
      let source = try ToolRun([program]).output
      let json = try #require(source.components(separatedBy: "BH_MANIFEST(").last).dropLast(3)
      let manifest = try JSONValue(parsing: String(json))
      let echo = try #require(manifest["actions"]?.arrayValue?.first?["parameters"])
      #expect(echo["required"] == .array([.string("text"), .string("colour")]))
      let properties = try #require(echo["properties"])
      #expect(properties["count"]?["default"] == .int(7))
      #expect(properties["colour"]?["enum"] == .array([.string("red"), .string("green")]))
      #expect(properties["tags"]?["items"]?["type"] == .string("string"))
      #expect(properties["labels"]?["additionalProperties"] == .bool(true))
      #expect(properties["disk"]?["properties"]?["size_gib"]?["maximum"] == .int(1000))
      #expect(properties["disk"]?["required"] == nil)
    }
  }

  @Test("keywords of a parameter that is not there, and types without a schema, are refused by name")
  func refused() async throws {
    try await onThread {
      try SwiftPlugin.make(SwiftPlugin.folder + "/swift/BulkheadPlugin.o")
      let action = """
        import BulkheadPlugin
        enum A: Action {
          typealias Result = Nothing
          static let name = "a"
          static func run(_ context: Context, _ parameters: Parameters) throws -> Nothing { Nothing() }

        """
      for (members, expected) in [
        (
          "struct Parameters: Codable { var zone: String }\n static let keywords = [\"zon\": Keywords(minLength: 1)]",
          "there is no parameter \"zon\" (there are: zone)"
        ),
        (
          "struct Even: Codable { init(from d: any Decoder) throws { "
            + "throw DecodingError.dataCorrupted(.init(codingPath: d.codingPath, debugDescription: \"odd\")) } }\n"
            + "struct Parameters: Codable { var n: Even }",
          "action a: Parameters cannot be read without a value"
        ), ("typealias Parameters = [String]", "is no object: use a struct"),
      ] {
        let folder = NSTemporaryDirectory() + "bulkhead-swift-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let main =
          action + members
          + "\n}\nManifestCommand.run(Plugin(id: \"x\", version: \"1\", actions: [A.self]))\n"
        try main.write(toFile: folder + "/main.swift", atomically: false, encoding: .utf8)
        let build = try ToolRun([
          "swiftc", "-I", Sample.headers, "-I", SwiftPlugin.folder + "/swift", folder + "/main.swift",
          SwiftPlugin.folder + "/swift/BulkheadPlugin.o", "-o", folder + "/tool",
        ])
        #expect(build.status == 0, "\(build.output)")
        let run = try ToolRun([folder + "/tool"])
        #expect(run.status == 1)
        #expect(run.output.contains(expected), "\(run.output)")
      }
    }
  }
}
