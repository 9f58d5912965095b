import DataModel
import Foundation
import Glibc
import Storage
import TestSupport
import Testing

/// `plugin run` with real plug-in files, as their authors use it.
@Suite("plugin run")
struct PluginRunTests {
  private static func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> CommandRun {
    try await onThread { try CommandRun(["plugin", "run"] + arguments, environment: environment) }
  }

  private static func json(_ run: CommandRun) throws -> JSONValue { try JSONValue(parsing: run.output) }

  @Test("shows the log, the outcome, what was used and the result, and ends with 0")
  func text() async throws {
    let folder = PackageRoot.path + "/Sources/Threading"
    let run = try await Self.run([try Sample.checksum(), "tree", "--param", "path=" + folder])
    #expect(run.exitCode == 0)
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.hasSuffix(" bytes below " + folder) })
    #expect(lines.contains("succeeded: returned 0 (ok)"))
    for name in ["  used ", "  memory ", "  cancel "] { #expect(lines.contains { $0.hasPrefix(name) }) }
    #expect(lines.last?.hasPrefix(#"{"bytes":"#) == true)
  }

  @Test("with --json it prints one object with all of it")
  func document() async throws {
    let folder = PackageRoot.path + "/Sources/Threading"
    let run = try await Self.run([try Sample.checksum(), "tree", "--param", "path=" + folder, "--json"])
    let value = try Self.json(run)
    #expect(value["outcome"]?.stringValue == "succeeded" && value["code"]?.integerValue == 0)
    #expect((value["result"]?["files"]?.integerValue ?? 0) > 1)
    #expect((value["cancel_points"]?.integerValue ?? 0) > 1 && (value["host_calls"]?.integerValue ?? 0) > 1)
    // On a busy machine the worst gap may lie anywhere, in a library without lines too.
    #expect(value["worst_gap_place"]?.stringValue != nil)
    #expect((value["memory"]?["allocations"]?.integerValue ?? 0) > 1)
    // What a library keeps from its first use counts too.
    #expect((value["memory"]?["live_bytes"]?.integerValue ?? -1) >= 0)
  }

  @Test(
    "a stop ends it with the stop's own exit code",
    arguments: [
      ("sleep --param ms=60000 --cancel-after 20ms", Int32(3)), ("spin --cancel-at 3", 3),
      ("sleep --param ms=60000 --deadline 20ms", 4), ("noop", 0),
    ])
  func stops(words: String, code: Int32) async throws {
    let arguments = words.split(separator: " ").map(String.init)
    #expect(try await Self.run([try Sample.bench()] + arguments).exitCode == code)
  }

  @Test("what is wrong is said before any code runs, with its exit code")
  func wrong() async throws {
    let bench = try Sample.bench()
    let cases: [([String], Int32, String)] = [
      ([bench, "sleep", "--param", "ms=x"], 64, "ms: expected an integer"),
      ([bench, "sleep"], 64, "ms"), ([bench, "slep"], 6, "did you mean sleep?"),
      (["/nowhere/x.so", "noop"], 6, "there is no file"),
      ([try Sample.misbehaving("no_note"), "x"], 7, "no manifest note"),
      ([try Sample.misbehaving("crash_constructor"), "boom"], 6, "has no action"),
      ([bench, "noop", "--cancel-at", "0"], 64, "counts from 1"),
      ([bench, "noop", "--gdb", "--json"], 64, "leave --json out"),
    ]
    for (arguments, code, text) in cases {
      let run = try await Self.run(arguments)
      #expect(run.exitCode == code, "\(arguments): \(run.errors)")
      #expect((run.errors + run.output).contains(text), "\(arguments): \(run.errors)")
    }
  }

  @Test("a crash is told with its signal, and ends with 1")
  func crash() async throws {
    let source = """
      #include <bulkhead/all.h>
      BH_MANIFEST({"id": "crash", "version": "1.0.0", "abi": {"built": 1, "min_host": 1},
        "actions": [{"name": "null", "kind": "action", "repeat": "never"}]});
      __attribute__((noinline)) static int32_t follow(int *p) { return *p; }
      static int32_t run(bh_ctx *ctx) { (void)ctx; return follow((int *)16) + 1; }
      static const bh_action actions[] = {BH_ACTION("null", run)};
      BH_PLUGIN(actions)
      """
    let folder = Sample.root + "/.build/samples/inline"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/run-crash.c"
    try source.write(toFile: path, atomically: true, encoding: .utf8)
    let file = try Sample.build(path, flags: ["-O1"])
    let run = try await Self.run([file, "null"])
    #expect(run.exitCode == 1)
    #expect(run.output.contains("failed: its process was ended by SIGSEGV"))
    #expect(run.output.contains("follow (run-crash.c:4)"))
    let value = try Self.json(try await Self.run([file, "null", "--json"]))
    #expect(value["signal"]?.stringValue == "SIGSEGV" && value["outcome"] == .null)
  }

  @Test("the same in one process, as it is under a debugger")
  func inProcess() async throws {
    let run = try await Self.run([try Sample.bench(), "noop", "--in-process"])
    #expect(run.exitCode == 0)
    #expect(run.output.contains("succeeded: returned 0 (ok)"))
  }

  @Test(
    "--gdb stops where the action begins",
    .enabled(if: access("/usr/bin/gdb", X_OK) == 0, "there is no gdb here"))
  func debugger() async throws {
    let run = try await Self.run([try Sample.bench(), "noop", "--gdb"])
    #expect(run.output.contains("bhrt_call"), "\(run.output)\(run.errors)")
    #expect(run.output.contains(", noop ("), "\(run.output)\(run.errors)")
  }

  @Test("--gdb says what to do when there is no gdb")
  func noDebugger() async throws {
    let run = try await Self.run([try Sample.bench(), "noop", "--gdb"], environment: ["PATH": "/nowhere"])
    #expect(run.exitCode == 7)
    #expect(run.errors.contains("apt-get install gdb"))
  }

  @Test("the records that a run wrote are printed, and with --store the next run reads them")
  func records() async throws {
    let probe = try Sample.buildCpp("Tests/Wrappers/Fixtures/probe.cpp")
    let folder = try TestStore.makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let words = [probe, "reserve", "--param", "hostname=web-1", "--store", folder + "/try.db"]
    let made = try await Self.run(words)
    #expect(made.exitCode == 0, "\(made.errors)")
    #expect(made.output.contains("created server "), "\(made.output)")
    #expect(made.output.contains("(version 1): hostname=web-1, cpus=2"), "\(made.output)")
    let serve = try await onThread {
      try CommandRun(["serve", "--store", "sqlite:" + folder + "/try.db", "--plugins", folder + "/plugins"])
    }
    #expect(serve.exitCode == 7 && serve.errors.contains("keeps for itself"), "\(serve)")
    let found = try Self.json(try await Self.run(words + ["--json"]))
    #expect(found["result"]?["is_new"]?.integerValue == 0)
    #expect(found["records"]?.arrayValue?.isEmpty == true)
    let other = try Self.json(try await Self.run([probe, "reserve", "--param", "hostname=web-1", "--json"]))
    let record = other["records"]?.arrayValue?.first
    #expect(record?["change"]?.stringValue == "created" && record?["entity"]?.stringValue == "server")
    #expect(record?["fields"]?["cpus"]?.integerValue == 2 && record?["fields"]?["ip"] == .null)
    #expect(record?["id"]?.integerValue == other["result"]?["id"]?.integerValue)
  }

  @Test("a store that is an engine's, or no store, is refused and stays as it is")
  func engineStore() async throws {
    let test = try TestStore(.direct)
    defer { test.end() }
    let text = test.folder + "/text"
    try "no store".write(toFile: text, atomically: true, encoding: .utf8)
    for (path, words) in [
      (test.path, "is the store of an engine"), (text, "another program's file"),
      ("/nowhere/x.db", "/nowhere/x.db"),
    ] {
      let run = try await Self.run([try Sample.bench(), "noop", "--store", path])
      #expect(run.exitCode == 7 && run.errors.contains(words), "\(path): \(run.errors)")
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: test.folder).count { $0.hasSuffix(".lock") } == 0)
    #expect(try test.store.perform(ListJobs()).isEmpty)
    #expect(try String(contentsOfFile: text, encoding: .utf8) == "no store")
  }

  @Test("an argument that is not UTF-8 is refused before anything reads another text in its place")
  func notUTF8() async throws {
    let bench = try Sample.bench()
    let command = "\(RunningEngine.executable) plugin run \(bench) sleep --param \"ms=$(printf '1\\377')\""
    let run = try await onThread { try ToolRun(["sh", "-c", command]) }
    #expect(run.status == 64, "\(run.output)")
    #expect(run.output.contains("argument 6 is not UTF-8: \"ms=1\u{FFFD}\""), "\(run.output)")
    let json = try await onThread { try ToolRun(["sh", "-c", command + " --json"]) }
    #expect(json.status == 64 && json.output.hasPrefix(#"{"error":{"code":"usage""#), "\(json.output)")
  }

  @Test("a number without a unit is offered both units that it may have meant")
  func unit() async throws {
    let run = try await Self.run([try Sample.bench(), "noop", "--cancel-after", "1500"])
    #expect(run.exitCode == 64 && run.errors.contains("write 1500ms or 1500s"), "\(run.errors)")
  }

  @Test("several elements of a list in one text are what the message suspects")
  func lists() async throws {
    let source = """
      #include <bulkhead/all.h>
      BH_MANIFEST({"id": "lists", "version": "1.0.0", "abi": {"built": 1, "min_host": 1},
        "actions": [{"name": "look", "kind": "action", "repeat": "idempotent", "parameters": {"type": "object",
          "properties": {"ends": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
            "n": {"type": "integer", "minimum": 3}}}}]});
      static int32_t look(bh_ctx *ctx) { (void)ctx; return BH_OK; }
      static const bh_action actions[] = {BH_ACTION("look", look)};
      BH_PLUGIN(actions)
      """
    let folder = Sample.root + "/.build/samples/inline"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try source.write(toFile: folder + "/lists.c", atomically: true, encoding: .utf8)
    let file = try Sample.build(folder + "/lists.c")
    let run = try await Self.run([file, "look", "--param", "ends=h,c", "--param", "n=1"])
    #expect(run.exitCode == 64)
    #expect(run.errors.contains("(it is one element: repeat ends=… for each, or give a JSON list)"))
    #expect(run.errors.contains("; and 1 more problem\n"), "\(run.errors)")
    let good = try await Self.run([file, "look", "--param", "ends=h", "--param", "ends=c", "--param", "n=4"])
    #expect(good.exitCode == 0)
  }
}
