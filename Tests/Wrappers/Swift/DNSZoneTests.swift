import DataModel
import Foundation
import TestSupport
import Testing

/// The Swift sample in a real engine, with servers that the C++ sample brings.
@Suite("Sample dns-zone", .serialized)
struct DNSZoneTests {
  private static let servers = """
    hostname,ip,environment
    web-2,10.0.0.2,production
    web-1,10.0.0.1,production
    web-1.example.org,2001:DB8:0::1,
    odd,,
    other,10.0.0.9,
    """

  private func withServers(
    _ body: @escaping @Sendable (PluginEngine, String) throws -> Void
  ) async throws {
    try await PluginEngine.run(
      [
        "dns-zone": SwiftPlugin.sample.get(), "inventory-csv": Sample.inventoryCSV(),
        "cpp-probe": Sample.buildCpp("Tests/Wrappers/Fixtures/probe.cpp"),
      ]
    ) { engine in
      try engine.run("cpp-probe:make", #"{"environment": "production"}"#)
      let csv = engine.engine.folder + "/servers.csv"
      try Self.servers.write(toFile: csv, atomically: true, encoding: .utf8)
      let run = try engine.run("inventory-csv:import", "{\"path\": \"\(csv)\"}")
      #expect(run.state == "succeeded", "\(run.message)")
      try body(engine, engine.engine.folder + "/example.zone")
    }
  }

  private static func parameters(_ path: String, _ more: String = "") -> String {
    """
    {"zone": "example.org", "path": "\(path)", "primary": "ns1.example.org", "contact": "root.example.org"\(more)}
    """
  }

  @Test("the zone is written from the records, sorted, and only when it changed")
  func write() async throws {
    try await withServers { engine, path in
      let run = try engine.run("dns-zone:write", Self.parameters(path))
      #expect(run.state == "warning", "\(run.message)")
      #expect(run.message == "left out 1 of 5 servers; odd: it has no address")
      #expect(run.result["changed"] == .bool(true))
      #expect(run.result["entries"] == .int(4))
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let serial = try #require(run.result["serial"]?.integerValue)
      #expect(text.contains("    \(serial) ; serial\n"))
      #expect(
        text.hasSuffix(
          "@ IN NS ns1.example.org.\nother IN A 10.0.0.9\nweb-1 IN A 10.0.0.1\nweb-1 IN AAAA 2001:db8::1\n"
            + "web-2 IN A 10.0.0.2\n"))
      let again = try engine.run("dns-zone:write", Self.parameters(path))
      #expect(again.result["changed"] == .bool(false))
      #expect(try engine.run("dns-zone:check", Self.parameters(path)).result["stale"] == .array([]))

      let fewer = Self.parameters(path, #", "environment": "production""#)
      let check = try engine.run("dns-zone:check", fewer)
      #expect(check.state == "warning")
      #expect(
        check.result["stale"]
          == .array([.string("other IN A 10.0.0.9"), .string("web-1 IN AAAA 2001:db8::1")]))
      let narrow = try engine.run("dns-zone:write", fewer)
      #expect(narrow.state == "succeeded", "\(narrow.message)")
      #expect(narrow.result["serial"] == .int(serial + 1))
      #expect(narrow.result["entries"] == .int(2))
    }
  }

  @Test("what cannot be done is said, and the file stays")
  func refused() async throws {
    try await withServers { engine, path in
      try "somebody's own zone\n".write(toFile: path, atomically: true, encoding: .utf8)
      let foreign = try engine.run("dns-zone:write", Self.parameters(path))
      #expect(foreign.code == -6)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "somebody's own zone\n")
      #expect(try engine.run("dns-zone:write", Self.parameters("/nowhere/at/all")).code == -5)
      #expect(try engine.run("dns-zone:check", Self.parameters("/nowhere/at/all")).code == -5)
      let nowhere = try engine.run(
        "dns-zone:write", Self.parameters(path + "2", #", "environment": "nowhere""#))
      #expect(nowhere.message == "there is no environment nowhere")
      #expect(!FileManager.default.fileExists(atPath: path + "2"))
      for bad in [#", "ttl": 5"#, #", "colour": "red""#, #", "environment": """#] {
        #expect(throws: (any Error).self) { try engine.run("dns-zone:write", Self.parameters(path, bad)) }
      }
    }
  }

  @Test("cancelled at each of its points, it leaves the old file and nothing beside it")
  func cancel() async throws {
    try await withServers { engine, path in
      var point = 0
      while point < 60 {
        point += 1
        engine.engine.killServe(SIGTERM)
        try engine.engine.start(environment: ["BULKHEAD_CANCEL_AT": String(point)])
        try engine.engine.waitForPlugin("dns-zone")
        let run = try engine.run("dns-zone:write", Self.parameters(path))
        let beside = try FileManager.default.contentsOfDirectory(atPath: engine.engine.folder)
        #expect(!beside.contains { $0.contains(".bulkhead-") }, "at point \(point)")
        #expect(run.leftBehind.isEmpty)
        if run.state != "cancelled" { break }
        #expect(!beside.contains("example.zone"), "at point \(point)")
      }
      #expect((6..<60).contains(point), "dns-zone:write has \(point - 1) points to be cancelled at")
    }
  }
}
