import DataModel
import Foundation
import TestSupport
import Testing

/// The C++ sample in a real engine.
@Suite("Sample inventory-csv", .serialized)
struct InventoryCSVTests {
  private func withSample(
    environment: [String: String] = [:], _ body: @escaping @Sendable (PluginEngine) throws -> Void
  ) async throws {
    try await PluginEngine.run(
      [
        "inventory-csv": Sample.inventoryCSV(),
        "cpp-probe": Sample.buildCpp("Tests/Wrappers/Fixtures/probe.cpp"),
      ], environment: environment, body)
  }

  private static func parameters(_ engine: PluginEngine, _ csv: String, _ more: String = "") throws -> String
  {
    let path = engine.engine.folder + "/servers.csv"
    try csv.write(toFile: path, atomically: true, encoding: .utf8)
    return "{\"path\": \"\(path)\"\(more)}"
  }

  private static func counts(_ run: PluginEngine.Ended) -> [Int64?] {
    ["created", "changed", "unchanged", "refused"].map { run.result[$0]?.integerValue }
  }

  @Test("servers are made, changed where they differ, and left alone where they do not")
  func upsert() async throws {
    try await withSample { engine in
      try engine.run("cpp-probe:make", #"{"environment": "production"}"#)
      let head = "\u{FEFF}ip,hostname,cpus,environment,owner\r\n"
      let first = try Self.parameters(
        engine, head + "10.0.0.11,web-1,2,production,\"Ada, \"\"the\"\" first\"\r\n\r\n::1,web-2,4,,\n")
      let made = try engine.run("inventory-csv:import", first)
      #expect(made.state == "succeeded", "\(made.message)")
      #expect(Self.counts(made) == [2, 0, 0, 0])
      let server = try engine.server("web-1")
      #expect(server?["owner"] == .string("Ada, \"the\" first"))
      #expect(server?["status"] == .string("active"))
      guard case .ref = server?["environment"] else {
        Issue.record("the server's environment is \(String(describing: server?["environment"]))")
        return
      }
      #expect(Self.counts(try engine.run("inventory-csv:import", first)) == [0, 0, 2, 0])

      let second = try Self.parameters(engine, "hostname,cpus\nweb-1,8\nweb-2,4\nweb-3,1")
      let dry = try engine.run("inventory-csv:import", second.dropLast() + ", \"dry_run\": true}")
      #expect(Self.counts(dry) == [1, 1, 1, 0])
      #expect(try engine.server("web-3") == nil)
      #expect(Self.counts(try engine.run("inventory-csv:import", second)) == [1, 1, 1, 0])
      #expect(try engine.server("web-1")?["cpus"] == .int(8))
      #expect(
        try engine.server("web-1")?["ip"] == .string("10.0.0.11"),
        "a column that is not there changes nothing")
    }
  }

  @Test("rows that are wrong are listed with line and reason, the others are imported")
  func partial() async throws {
    try await withSample { engine in
      let rows = [
        "hostname,ip,cpus,environment", "web-1,10.0.0.1,2,", "Web-2,10.0.0.2,2,", "web-3,10.0.0.300,2,",
        "web-4,10.0.0.4,two,", "web-5,10.0.0.5,2", "web-1,10.0.0.6,2,", "web-7,10.0.0.7,2,nowhere",
        "\"web\"-8,,,", "web-9,,0,", "web-10,\"10.0.0.10", "",
      ]
      let run = try engine.run(
        "inventory-csv:import", try Self.parameters(engine, rows.joined(separator: "\n")))
      #expect(run.state == "warning")
      #expect(run.message.hasPrefix("9 of 10 rows were not imported; line 3: \"Web-2\" is no host name"))
      #expect(Self.counts(run) == [1, 0, 0, 9])
      let reasons = run.result["reasons"]?.stringValue?.split(separator: "\n").map(String.init) ?? []
      #expect(reasons.count == 9)
      for (line, text) in [
        (4, "IP address"), (5, "cpus is no whole number"), (6, "3 cells, not 4"), (7, "in line 2 already"),
        (8, "no environment \"nowhere\""), (9, "after a closing quote"), (10, "above 0"), (11, "not closed"),
      ] {
        #expect(reasons.contains { $0.hasPrefix("line \(line): ") && $0.contains(text) }, "\(line) \(text)")
      }
      #expect(try engine.server("web-1")?["cpus"] == .int(2))
      #expect(try engine.server("web-4") == nil)
    }
  }

  @Test("a file that cannot be used fails as a whole, and nothing is written")
  func refused() async throws {
    try await withSample { engine in
      for (csv, code, text) in [
        ("", -4, "is empty"), ("hostname,colour\nweb-1,red\n", -4, "no column \"colour\""),
        ("ip\n10.0.0.1\n", -4, "hostname has to be among them"), ("hostname,hostname\n", -4, "twice"),
        ("hostname\nWEB\n", -4, "none of the 1 rows"),
      ] as [(String, Int32, String)] {
        let run = try engine.run("inventory-csv:import", try Self.parameters(engine, csv))
        #expect(run.state == "failed")
        #expect(run.code == code)
        #expect(run.message.contains(text), "\(run.message)")
      }
      #expect(try engine.run("inventory-csv:import", #"{"path": "/nowhere.csv"}"#).code == -5)
      #expect(try engine.run("inventory-csv:import", #"{"path": "/tmp"}"#).message.contains("directory"))
      #expect(throws: (any Error).self) {
        try engine.run("inventory-csv:import", #"{"path": "relative.csv"}"#)
      }
      #expect(try engine.server("web-1") == nil)
    }
  }

  @Test("cancelled between two rows it keeps what it has, and the next run does the rest")
  func cancel() async throws {
    let csv = "hostname\n" + (1...20).map { "web-\($0)\n" }.joined()
    try await withSample(environment: ["BULKHEAD_CANCEL_AT": "5"]) { engine in
      let run = try engine.run("inventory-csv:import", try Self.parameters(engine, csv))
      #expect(run.state == "cancelled", "\(run.message)")
      #expect(run.leftBehind.isEmpty)
      #expect(try engine.server("web-20") == nil)
      engine.engine.killServe(SIGTERM)
      try engine.engine.start()
      try engine.engine.waitForPlugin("inventory-csv")
      let again = try engine.run("inventory-csv:import", try Self.parameters(engine, csv))
      #expect(again.state == "succeeded", "\(again.message)")
      #expect((Self.counts(again)[0] ?? 0) + (Self.counts(again)[2] ?? 0) == 20)
      #expect(try engine.server("web-20") != nil)
    }
  }
}
