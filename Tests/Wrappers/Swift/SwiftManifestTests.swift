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

  /// What stands in the action, and what is said of it.
  static let refusals = [
    (
      "struct Parameters: Codable { var zone: String }\n static let keywords = [\"zon\": Keywords(minLength: 1)]",
      "there is no parameter \"zon\" (there are: zone)"
    ),
    (
      "struct Even: Codable { init(from d: any Decoder) throws { "
        + "throw DecodingError.dataCorrupted(.init(codingPath: d.codingPath, debugDescription: \"odd. \")) } }\n"
        + "struct Parameters: Codable { var n: Even }",
      "action a (A): Parameters.n: Even cannot be made without a real value (odd), so"
    ), ("typealias Parameters = [String]", "is no object: use a struct"),
    ("struct Parameters: Codable { var site: URL? }", "Parameters.site: URL has no schema: use a String"),
    ("struct Parameters: Codable { var at: Date }", "Parameters.at: Date has no schema: use a String"),
    (
      "struct Node: Codable { var children: [Node] }\nstruct Parameters: Codable { var tree: Node }",
      "Parameters.tree.children.0: Node contains itself"
    ),
    (
      "enum Colour: String, Codable { case red }\nstruct Parameters: Codable { var colour: Colour }",
      "Parameters.colour: Colour lists no cases: make the enum CaseIterable"
    ),
    (
      "struct Parameters: Codable { var n: Int }\n static let keywords = [\"n\": Keywords(minLength: 1)]",
      "keywords of \"n\": minLength is for texts, and this is Int"
    ),
    (
      "struct Parameters: Codable { var n: UInt8 }\n static let keywords = [\"n\": Keywords(default: 256)]",
      "keywords of \"n\": the default 256 is no UInt8"
    ),
    (
      "struct D: Codable { var size: Int }\nstruct Parameters: Codable { var d: D }\n"
        + "static let keywords = [\"d\": Keywords(default: [:])]",
      "keywords of \"d\": the default {} is no D: size is missing"
    ),
    (
      "struct Parameters: Codable { var n: Int\n enum CodingKeys: String, CodingKey { case n = \"a.b\" } }",
      "the name \"a.b\" cannot stand in a manifest"
    ),
    (
      "typealias Parameters = Nothing\n static let graceMilliseconds = -1",
      "A: its times are 0, 60000 and -1 ms"
    ),
    (
      "typealias Parameters = Nothing }\nenum B: Action { static let name = \"B b\"\n" + empty,
      "B.name \"B b\":"
    ),
    (
      "typealias Parameters = Nothing }\nenum B: Action { static let name = \"a\"\n" + empty,
      "A and B have the same name, \"a\""
    ),
  ]
  static let empty = "static func run(_ c: Context, _ p: Nothing) throws -> Nothing { p }"

  @Test("what has no schema, and what an engine would refuse, is refused with the Swift type's name")
  func refused() async throws {
    try await onThread {
      try SwiftPlugin.make(SwiftPlugin.folder + "/swift/BulkheadPlugin.o")
      let action = """
        import BulkheadPlugin
        import Foundation
        enum A: Action {
          typealias Result = Nothing
          static let name = "a"
          static func run(_ context: Context, _ parameters: Parameters) throws -> Nothing { Nothing() }

        """
      let folder = NSTemporaryDirectory() + "bulkhead-swift-" + UUID().uuidString
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for (members, expected) in Self.refusals {
        let actions = members.contains("enum B") ? "A.self, B.self" : "A.self"
        let main =
          action + members
          + "\n}\nManifestCommand.run(Plugin(id: \"x\", version: \"1\", actions: [\(actions)]))\n"
        try main.write(toFile: folder + "/main.swift", atomically: false, encoding: .utf8)
        let build = try ToolRun([
          "swiftc", "-I", Sample.headers, "-I", SwiftPlugin.folder + "/swift", folder + "/main.swift",
          SwiftPlugin.folder + "/swift/BulkheadPlugin.o", "-o", folder + "/tool",
        ])
        #expect(build.status == 0, "\(build.output)")
        let run = try ToolRun([folder + "/tool"])
        #expect(run.status == 1)
        #expect(run.output.contains(expected), "\(run.output)")
        #expect(run.output.split(separator: "\n").count == 1, "\(run.output)")
      }
    }
  }
}
