import Foundation
import JobEngine
import Storage
import TestSupport
import Testing

/// What a user can get wrong, by hand, against a real engine: each has its exit code, its message and its cure,
/// and the engine goes on.
@Suite(.serialized) struct BadInputTests {
  @Test("submissions that are wrong name what is wrong and change nothing")
  func submissions() async throws {
    try await withEngine { engine in
      for (arguments, code, words) in Self.submissions {
        let run = try bulkhead(engine, arguments)
        #expect(run.exitCode == code, "\(arguments): \(run.errors)\(run.output)")
        for word in words { #expect(run.errors.contains(word), "\(arguments): \(run.errors)") }
      }
      #expect(try engine.client().jobs(ListJobs()).isEmpty)
      let good = try bulkhead(engine, ["submit", "bench:noop", "--wait"])
      #expect(good.exitCode == 0, "\(good.errors)")
    }
  }

  static let submissions: [([String], Int32, [String])] = [
    (["submit", "nothing:at-all"], 6, ["nothing:at-all", "plugins list"]),
    (["submit", "bench:nop"], 6, ["bench:noop"]),
    (["submit", "bench:sleep"], 64, ["ms"]),
    (["submit", "bench:sleep", "--param", "ms=soon"], 64, ["ms", "integer", "soon"]),
    (["submit", "bench:sleep", "--param", "ms=-1"], 64, ["ms"]),
    (["submit", "bench:sleep", "--param", "ms=1", "--param", "milliseconds=2"], 64, ["milliseconds"]),
    (["submit", "bench:sleep", "--params-json", "{\"ms\": [1]}"], 64, ["ms", "integer"]),
    (["submit", "bench:sleep", "--params-json", "{\"ms\": "], 64, ["JSON"]),
    (["submit", "bench:sleep", "--params-json", "[1]"], 64, ["object"]),
    (["submit", "bench:sleep", "--param", "ms"], 64, ["ms"]),
    (["submit"], 64, ["action"]),
    (["jobs", "show", "4711"], 6, ["4711"]),
    (["jobs", "cancel", "4711"], 6, ["4711"]),
    (["jobs", "why", "4711"], 6, ["4711"]),
    (["jobs", "logs", "4711"], 6, ["4711"]),
    (["jobs", "show", "abc"], 64, ["abc"]),
    (["jobs", "show", "-1"], 64, ["-1"]),
    (["plugins", "show", "nobody"], 6, ["nobody"]),
  ]

  @Test("files that are no plug-ins are refused with one sentence, and the good ones stay")
  func files() async throws {
    try await withEngine { engine in
      let good = try Sample.build("SamplePlugins/noop/noop.c")
      let files = try Self.write(badFiles: engine.pluginFolder, from: good)
      try engine.waitForPlugins { list in
        files.allSatisfy { name in list.files.contains { $0.file == name && $0.state == .refused } }
      }
      let table = try bulkhead(engine, ["plugins", "list"])
      #expect(table.exitCode == 0)
      let list = try engine.client().plugins()
      for name in files {
        let message = list.files.first { $0.file == name }?.message ?? ""
        #expect(message.contains(name), "\(name): \(message)")
        #expect(table.output.contains(name), "\(name): \(table.output)")
      }
      #expect(list.files.first { $0.file == "other-cpu.so" }?.message.contains("aarch64") == true)
      #expect(try bulkhead(engine, ["submit", "bench:noop", "--wait"]).exitCode == 0)
    }
  }

  /// Each is written under its name; the names are answered.
  private static func write(badFiles folder: String, from good: String) throws -> [String] {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: good))
    var otherCPU = bytes
    otherCPU[18] = 183  // e_machine: aarch64
    let files: [(String, Data)] = [
      ("text.so", Data("#!/bin/sh\necho hello\n".utf8)), ("empty.so", Data()),
      ("truncated.so", bytes.prefix(300)), ("half.so", bytes.prefix(bytes.count / 2)),
      ("other-cpu.so", otherCPU),
      (
        "bad-note.so",
        try Data(contentsOf: URL(fileURLWithPath: Sample.build("SamplePlugins/Misbehaving/bad_note.c")))
      ),
      (
        "crash.so",
        try Data(
          contentsOf: URL(fileURLWithPath: Sample.build("SamplePlugins/Misbehaving/crash_constructor.c")))
      ),
      (
        "wrong-abi.so",
        try Data(contentsOf: URL(fileURLWithPath: Sample.build("SamplePlugins/Misbehaving/wrong_abi.c")))
      ),
    ]
    for (name, data) in files { try data.write(to: URL(fileURLWithPath: folder + "/" + name)) }
    return files.map(\.0)
  }

  @Test("two different files with one plug-in id are both named and neither replaces the other silently")
  func sameID() async throws {
    try await withEngine { engine in
      try engine.install(Sample.build("SamplePlugins/noop/noop.c", flags: ["-O1"]), as: "bench-copy.so")
      try engine.waitForPlugins { list in
        list.files.contains { $0.state == .refused && $0.message.contains("bench-copy.so") }
      }
      let refused = try engine.client().plugins().files.filter { $0.state == .refused }
      #expect(refused.allSatisfy { $0.message.contains("bench.so") && $0.message.contains("bench-copy.so") })
    }
  }

  @Test("a short action name that two plug-ins have is refused, naming both")
  func ambiguous() async throws {
    try await withEngine { engine in
      let source = """
        #include <bulkhead/all.h>
        BH_MANIFEST({"id": "other", "version": "1.0.0", "abi": {"built": 1, "min_host": 1},
          "actions": [{"name": "noop", "kind": "action"}]});
        static int32_t noop(bh_ctx *ctx) { (void)ctx; return BH_OK; }
        static const bh_action actions[] = {BH_ACTION("noop", noop)};
        BH_PLUGIN(actions)
        """
      let path = engine.folder + "/other.c"
      try source.write(toFile: path, atomically: true, encoding: .utf8)
      try engine.install(Sample.build(path), as: "other.so")
      try engine.waitForPlugin("other")
      let run = try bulkhead(engine, ["submit", "noop"])
      #expect(run.exitCode == 64)
      #expect(run.errors.contains("bench:noop") && run.errors.contains("other:noop"), "\(run.errors)")
      #expect(try bulkhead(engine, ["submit", "sleep", "--param", "ms=1", "--wait"]).exitCode == 0)
    }
  }

  @Test("a plug-in that hangs at start holds up no other, and serve names a directory that is none")
  func hangingPlugin() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      try engine.install(Sample.build("SamplePlugins/Misbehaving/hang_constructor.c"), as: "hang.so")
      try engine.install(Sample.build("SamplePlugins/noop/noop.c"), as: "bench.so")
      try engine.start()
      // The trial of the hanging one takes its ten seconds; this waits for less.
      try engine.waitForPlugins(milliseconds: 6000) { list in
        list.reports.contains(where: \.isLoaded) && !list.files.contains { $0.file == "hang.so" }
      }
      let file = engine.folder + "/file"
      try Data().write(to: URL(fileURLWithPath: file))
      let wrong = try CommandRun(["serve", "--store", "sqlite:" + engine.folder + "/b.db", "--plugins", file])
      #expect(wrong.exitCode == 7)
      #expect(wrong.errors.contains("is no directory"), "\(wrong.errors)")
    }
  }

  @Test("stores that cannot be are refused with what to do, and are no bug of ours")
  func wrongStores() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      let text = engine.folder + "/text.db"
      try "not a database, but long enough to look like one".write(
        toFile: text, atomically: true, encoding: .utf8)
      for store in [text, engine.folder, engine.folder + "/nowhere/a.db"] {
        let run = try CommandRun(["serve", "--store", "sqlite:" + store, "--plugins", engine.pluginFolder])
        #expect(run.exitCode == 7, "\(store): \(run.errors)")
        #expect(run.errors.contains(store), "\(run.errors)")
      }
      let long = "sqlite:" + engine.folder + "/" + String(repeating: "x", count: 120) + ".db"
      let run = try CommandRun(["status", "--store", long])
      #expect(run.exitCode == 69)
      #expect(run.errors.contains("bulkhead serve --store " + long), "\(run.errors)")
    }
  }

  @Test("verbs without an engine say how to start one")
  func noEngine() async throws {
    try await onThread {
      let store = "sqlite:/tmp/bulkhead-nobody-\(UUID().uuidString).db"
      for arguments in [
        ["jobs", "list"], ["submit", "a:b"], ["plugins", "list"], ["status"], ["stop"],
        ["jobs", "show", "1"],
      ] {
        let run = try CommandRun(arguments + ["--store", store])
        #expect(run.exitCode == 69, "\(arguments): \(run.exitCode)")
        #expect(run.errors.contains("bulkhead serve"), "\(arguments): \(run.errors)")
        let json = try CommandRun(arguments + ["--store", store, "--json"])
        #expect(json.exitCode == 69)
        let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect((document?["error"] as? [String: Any])?["code"] as? String == "no_engine", "\(json.output)")
      }
    }
  }

  private func withEngine(_ body: @escaping @Sendable (RunningEngine) throws -> Void) async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      try engine.install(Sample.build("SamplePlugins/noop/noop.c"), as: "bench.so")
      try engine.start()
      try engine.waitForPlugin("bench")
      try body(engine)
    }
  }

  private func bulkhead(_ engine: RunningEngine, _ arguments: [String]) throws -> CommandRun {
    try CommandRun(arguments + ["--store", engine.storeArgument])
  }
}
