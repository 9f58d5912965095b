import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport
import Testing

/// The Swift wrapper in a real engine, beside the host's own Swift.
@Suite("Swift wrapper: runs", .serialized)
struct SwiftRunTests {
  private func withProbe(_ body: @escaping @Sendable (PluginEngine) throws -> Void) async throws {
    try await PluginEngine.run(["swift-probe": SwiftPlugin.probe.get()], body)
  }

  @Test("parameters and result go through Codable in both directions")
  func echo() async throws {
    try await withProbe { engine in
      let json = #"""
        {"text": "a\"\u00e9\ud83d\ude00\n", "colour": "red", "tags": ["x", ""], "disk": {"size_gib": 5, "fast": true},
         "labels": {"a": 1}}
        """#
      let run = try engine.run("swift-probe:echo", json)
      #expect(run.state == "succeeded", "\(run.message)")
      let given = run.result["given"]
      #expect(given?["text"] == .string("a\"é😀\n"))
      #expect(given?["count"] == .int(7))
      #expect(given?["ratio"] == .real(0.5))
      #expect(given?["flag"] == .bool(true))
      #expect(given?["disk"] == .object(["size_gib": .int(5), "fast": .bool(true)]))
      #expect(given?["tags"] == .array([.string("x"), .string("")]))
      #expect(given?["labels"] == .object(["a": .int(1)]))
      #expect(run.result["small"] == .int(-3))
      #expect(run.result["nothing"] == nil)
      #expect(run.log.dropFirst() == ["debug", "info 😀"])
      let wrong = try engine.run("swift-probe:echo", #"{"text": "x", "colour": "red", "labels": {"a": "b"}}"#)
      #expect(wrong.code == -4)
      #expect(wrong.message.contains("labels/a: a whole number"), "\(wrong.message)")
    }
  }

  @Test(
    "what is thrown becomes the code and the text of the failure",
    arguments: [
      ("failure", -5, "no such thing"), ("coded", -6, "it is taken"),
      ("odd", -11, "Odd(reason: \"the pump is dry\")"),
      ("ok", -11, "no success"), ("infinite", -11, "JSON has no such number"),
    ])
  func thrown(what: String, code: Int32, text: String) async throws {
    try await withProbe { engine in
      let run = try engine.run("swift-probe:throw", "{\"what\": \"\(what)\"}")
      #expect(run.state == "failed")
      #expect(run.code == code)
      #expect(run.message.contains(text), "\(run.message)")
    }
  }

  @Test("a step is done once and found again; what nobody can tell makes the job lost")
  func steps() async throws {
    try await withProbe { engine in
      let run = try engine.run("swift-probe:stepwise", #"{"broken": false}"#)
      #expect(run.state == "succeeded", "\(run.message)")
      #expect(
        run.result.text
          == #"{"again":"made again","found":"it was there","isToken":true,"made":"vm-é","odd":true}"#)
      let lost = #expect(throws: RunningEngine.Failure.self) {
        try engine.run("swift-probe:stepwise", #"{"broken": true}"#)
      }
      #expect(lost.map { "\($0)".hasSuffix("has no end: lost") } == true, "\(String(describing: lost))")
    }
  }

  @Test("a warning is a warning, and a cancel ends a wait")
  func stops() async throws {
    try await withProbe { engine in
      let warning = try engine.run("swift-probe:warn")
      #expect(warning.state == "warning")
      #expect(warning.message == "one line was left out")
      let run = try engine.cancelled("swift-probe:wait", after: "waiting")
      #expect(run.state == "cancelled", "\(run.message)")
    }
  }

  @Test("clean-ups run when they should, last first, and every closure is released")
  func cleanups() async throws {
    try await withProbe { engine in
      let well = try engine.run("swift-probe:clean", #"{"end": "well"}"#)
      #expect(well.log == ["alive 0"])
      let failed = try engine.run("swift-probe:clean", #"{"end": "badly"}"#)
      #expect(failed.state == "failed")
      #expect(failed.log == ["undone badly", "alive 0"])
      let stubborn = try engine.run("swift-probe:clean", #"{"end": "stubborn"}"#)
      #expect(stubborn.leftBehind == ["undo stubborn"])
      #expect(stubborn.log.last == "alive 0")
    }
  }

  @Test("records are made, read, changed by version, found and deleted")
  func records() async throws {
    try await withProbe { engine in
      let run = try engine.run("swift-probe:records")
      #expect(run.state == "succeeded", "\(run.message)")
      #expect(run.result["hostname"] == .string("web-1"))
      #expect(run.result["cpus"] == .int(4))
      #expect(run.result["conflict"] == .int(-6))
      #expect(run.result["found"] == .int(1))
      #expect(run.result["left"] == .int(0))
      #expect(run.result["unknown"] == .string("a server has no field colour"))
    }
  }

  @Test("a Swift plug-in exports its entry alone, with the host's runtime or with one of its own")
  func symbols() async throws {
    try await onThread {
      for file in [
        try SwiftPlugin.probe.get(), try SwiftPlugin.staticProbe.get(), try SwiftPlugin.sample.get(),
      ] {
        let run = try ToolRun(["nm", "-D", "-P", "--defined-only", file])
        #expect(
          run.output.split(separator: "\n").map { $0.prefix { $0 != " " } } == ["bh_plugin_entry"], "\(file)")
      }
      let needed = try ToolRun(["readelf", "-d", try SwiftPlugin.staticProbe.get()]).output
      #expect(!needed.contains("libswift"))
    }
  }

  @Test("with a Swift runtime of its own it runs beside the host's, many at once")
  func staticRuntime() async throws {
    try await PluginEngine.run([
      "swift-probe": SwiftPlugin.staticProbe.get(), "dns-zone": SwiftPlugin.sample.get(),
    ]) { engine in
      #expect(try engine.run("swift-probe:throw", #"{"what": "odd"}"#).message.contains("the pump is dry"))
      let client = try engine.engine.client()
      let jobs = try client.submit(
        .init(action: "swift-probe:echo", json: #"{"text": "x", "colour": "green"}"#), count: 200)
      let ends = try jobs.map { try client.watch($0) { _ in true }.status.name }
      #expect(ends.allSatisfy { $0 == "succeeded" })
    }
  }
}
