import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport
import Testing
import Threading

/// Many large outcomes at once, while nobody serves: together they are longer than any request may be.
@Suite(.serialized) struct LargeResultTests {
  static let source = """
    #include <bulkhead/all.h>
    BH_MANIFEST({"id": "large", "version": "1.0.0", "abi": {"built": 1, "min_host": 1},
      "actions": [{"name": "result", "kind": "action", "repeat": "never",
        "parameters": {"type": "object", "properties": {"ms": {"type": "integer"}}, "required": ["ms"]}}]});
    static int32_t result(bh_ctx *ctx) {
      enum { SIZE = 1000000 };
      char *json = (char *)bh_alloc(ctx, SIZE + 16);
      if (json == NULL) return bh_fail(ctx, BH_MEMORY, "out of memory");
      memset(json, 'x', SIZE);
      memcpy(json, "{\\"a\\":\\"", 6);
      memcpy(json + SIZE, "\\"}", 3);
      int32_t code = bh_sleep(ctx, (uint64_t)bh_param_i64(ctx, "ms", 0));
      return code < 0 ? code : bh_result_json(ctx, json);
    }
    static const bh_action actions[] = {BH_ACTION("result", result)};
    BH_PLUGIN(actions)
    """

  @Test("30 results of a megabyte, reached while nobody served, are all stored")
  func whileAway() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      let path = engine.folder + "/large.c"
      try Self.source.write(toFile: path, atomically: true, encoding: .utf8)
      try engine.install(Sample.build(path), as: "large.so")
      try engine.start()
      try engine.waitForPlugin("large")
      let client = try engine.client()
      let ids = try client.submit(
        Submission(action: "large:result", assignments: [(name: "ms", text: "700")]), count: 30)
      for id in ids { _ = try client.watch(id) { $0.status.name == "ready" || $0.status.name == "leased" } }
      engine.killServe()
      Bell().wait(milliseconds: 1200)  // they end while nobody serves
      try engine.start()
      let again = try engine.client()
      for id in ids {
        let job = try again.watch(id) { _ in true }
        guard case .ended(let end) = job.status else {
          Issue.record("job \(id) is \(job.status.name)")
          continue
        }
        #expect(end.outcome == .succeeded)
        #expect(end.result?.utf8.count == 1_000_002)
      }
    }
  }
}
