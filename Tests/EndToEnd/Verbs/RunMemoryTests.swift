import DataModel
import Foundation
import TestSupport
import Testing

/// Memory of jobs and `plugin run`, over real processes.
@Suite(.serialized) struct RunMemoryTests {
  private static let source = """
    #include <bulkhead/all.h>
    #include <stdlib.h>
    BH_MANIFEST({"id": "memory", "version": "1.0.0", "abi": {"built": 1, "min_host": 1},
      "actions": [{"name": "two", "kind": "action"}, {"name": "wait", "kind": "action"},
        {"name": "deaf", "kind": "action"}]});
    static void *volatile kept;
    static int32_t two(bh_ctx *ctx) {
      int64_t got = 0;
      for (int i = 0; i < 2; i++) {
        kept = malloc(3 << 20);
        if (kept != NULL) got++;
        free(kept);
      }
      return bh_result_i64(ctx, "got", got);
    }
    static int32_t wait(bh_ctx *ctx) {
      bh_log(ctx, BH_INFO, "it waits");
      return bh_sleep(ctx, 600000);
    }
    static int32_t deaf(bh_ctx *ctx) {
      bh_log(ctx, BH_INFO, "it is deaf");
      for (;;) continue;
    }
    static const bh_action actions[] = {BH_ACTION("two", two), BH_ACTION("wait", wait), BH_ACTION("deaf", deaf)};
    BH_PLUGIN(actions)
    """

  private static func build() throws -> String {
    let folder = Sample.root + "/.build/samples/inline"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = folder + "/run-memory.c"
    try source.write(toFile: path, atomically: true, encoding: .utf8)
    return try Sample.build(path)
  }

  @Test("a worker counts what a job allocates, and can refuse an allocation of each run", arguments: [0, 2])
  func engine(refused: Int) async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      try engine.install(Self.build(), as: "memory.so")
      try engine.start(environment: refused > 0 ? ["BULKHEAD_FAIL_ALLOC": "\(refused)"] : [:])
      try engine.waitForPlugin("memory")
      let store = ["--store", engine.storeArgument]
      let run = try CommandRun(["submit", "memory:two", "--wait", "--json"] + store)
      let outcome = try JSONValue(parsing: run.output)["jobs"]?.arrayValue?.first?["outcome"]
      #expect(outcome?["result"]?["got"]?.integerValue == (refused > 0 ? 1 : 2), "\(run.output)")
      let memory = outcome?["memory"]
      #expect(memory?["allocations"]?.integerValue == (refused > 0 ? 1 : 2))
      #expect(memory?["peak_bytes"]?.integerValue == 3 << 20)
      #expect(memory?["live_blocks"]?.integerValue == 0)
      let shown = try CommandRun(["jobs", "show", "1"] + store).output
      #expect(shown.contains("memory     peak 3.0 MiB, "), "\(shown)")
    }
  }

  @Test("Ctrl-C cancels a run of plugin run; a second one ends it")
  func interrupted() async throws {
    try await onThread {
      let file = try Self.build()
      let obeys = try StartedCommand(["plugin", "run", file, "wait"])
      #expect(obeys.waitForText("it waits"))
      obeys.interrupt()
      #expect(obeys.end() == 3, "\(obeys.text)")
      let deaf = try StartedCommand(["plugin", "run", file, "deaf"])
      #expect(deaf.waitForText("it is deaf"))
      deaf.interrupt()
      #expect(deaf.waitForText("Ctrl-C again"))
      deaf.interrupt()
      #expect(deaf.end() == 130, "\(deaf.text)")
    }
  }
}
