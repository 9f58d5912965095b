import CBulkheadPlugin
import DataModel
import Foundation
import TestSupport
import Testing

@testable import PluginHost

/// Plug-ins that were built with the headers of a level, run on the host of today.
@Suite("Golden plug-ins")
struct GoldenPluginTests {
  static let folder = Sample.root + "/Tests/Golden/plugins"

  /// The kept binaries, which are for one machine, and for every machine the same sources built with the kept headers.
  static let plugins: [String] = {
    let names = (FileManager.default.subpaths(atPath: folder) ?? []).sorted()
    #if arch(x86_64)
      return names.filter { $0.hasSuffix(".so") || $0.hasSuffix(".c") }
    #else
      return names.filter { $0.hasSuffix(".c") }
    #endif
  }()

  /// The binary, or for a source the plug-in that the headers of its level make of it.
  private func file(_ name: String) throws -> String {
    guard name.hasSuffix(".c") else { return Self.folder + "/" + name }
    let level = name.dropFirst("level_".count).dropLast(2)
    let headers = "\(Sample.root)/Tests/Golden/abi/level-\(level)/include"
    let built = "\(Sample.root)/.build/samples/golden-\(level)-\(UUID().uuidString).so"
    try FileManager.default.createDirectory(
      atPath: Sample.root + "/.build/samples", withIntermediateDirectories: true)
    let run = try ToolRun([
      "cc", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,defs,-z,now", "-I", headers,
      Self.folder + "/" + name, "-o", built,
    ])
    guard run.status == 0 else { throw ToolFailure(run.output) }
    return built
  }

  /// The file, deleted when its test ends: what is mapped stays.
  private func withPlugin<R>(_ name: String, _ body: (InlinePlugin) async throws -> R) async throws -> R {
    let file = try file(name)
    defer { if name.hasSuffix(".c") { unlink(file) } }
    return try await body(try InlinePlugin(file: file))
  }

  @Test("the loader takes it", arguments: plugins)
  func taken(name: String) throws {
    let file = try file(name)
    defer { if name.hasSuffix(".c") { unlink(file) } }
    let inspection = PluginInspection(path: file)
    #expect(inspection.manifest?.id == "golden" && inspection.manifest?.abi.built == 1)
    #expect(inspection.object?.exportsEntry == true)
  }

  @Test("everything it calls does what it did", arguments: plugins)
  func everything(name: String) async throws {
    let context = RecordingContext()
    let parameters = #"{"count":4,"flag":true,"list":["a","b"],"ratio":0.5,"text":"ü"}"#
    let end = try await withPlugin(name) {
      try await execute(try $0.run("everything", context, params: parameters))
    }
    #expect(end.code == BH_OK, "\(end.message)")
    #expect(
      try JSONValue(parsing: end.result ?? "").text
        == #"{"any":[1,null],"count":4,"flag":1,"items":2,"json":true,"json_bytes":\#(parameters.utf8.count),"#
        + #""missing":9,"ratio":50,"real":0.5,"second":"b","text":"ü","yes":true}"#
    )
    #expect(context.lines == ["plain", "formatted 1", "undone: always"])
    #expect(context.all.progress.last == "2/2 all of 2")
  }

  @Test("its failure has both lines, and its undo runs", arguments: plugins)
  func failure(name: String) async throws {
    let context = RecordingContext()
    let end = try await withPlugin(name) { try await execute(try $0.run("fails", context)) }
    #expect(end.code == BH_REMOTE && end.message == "first\nsecond 2")
    #expect(context.lines == ["undone: on fail"])
  }

  @Test("a cancel ends its wait", arguments: plugins)
  func cancel(name: String) async throws {
    let context = RecordingContext()
    let end = try await withPlugin(name) {
      try await execute(try $0.run("waits", context)) { run in
        context.wait(for: "waiting")
        run.raise(StopBits.cancel)
      }
    }
    #expect(end.code == BH_CANCELLED)
  }

  @Test("a step is done once, also when the job is entered again", arguments: plugins)
  func steps(name: String) async throws {
    let context = RecordingContext()
    let ends = try await withPlugin(name) { plugin in
      [
        try await execute(try plugin.run("stepwise", context)),
        try await execute(try plugin.run("stepwise", context)),
      ]
    }
    #expect(ends.map(\.code) == [BH_OK, BH_OK], "\(ends.map(\.message))")
    #expect(context.lines == ["performed with a token"])
  }

  @Test("its reconcile entry answers", arguments: plugins)
  func reconcile(name: String) async throws {
    for (steps, expected) in [
      ([], ReconcileAnswer.notStarted("no step")),
      ([.init(name: "one", token: "t", result: "made")], .done("", result: nil)),
      ([.init(name: "one", token: "t", result: nil)], .failed("half done")),
    ] as [([RunReconcile.Step], ReconcileAnswer)] {
      let answer = try await withPlugin(name) { plugin in
        let run = try plugin.run("stepwise.reconcile")
        run.becomeReconcile(RunReconcile(action: "stepwise", reason: "lost", steps: steps, leftBehind: []))
        return run.reconcileAnswer(try await execute(run))
      }
      #expect(answer == expected)
    }
  }
}
