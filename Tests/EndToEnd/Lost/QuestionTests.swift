import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport
import Testing

/// Reconcile entries that do not behave.
@Suite("Questions that are not answered") struct QuestionTests {
  /// Each action ends its worker at once; each entry is a way not to answer.
  private static let source = """
    #include <bulkhead/all.h>
    #include <signal.h>
    #include <unistd.h>
    BH_MANIFEST({"id": "mute", "version": "1.0.0", "abi": {"built": 1, "min_host": 1}, "actions": [
      {"name": "patient"}, {"name": "deaf"}, {"name": "silent"}, {"name": "writes"},
      {"name": "look.patient", "kind": "reconcile", "reconciles": ["patient"], "deadline_ms": 100},
      {"name": "look.deaf", "kind": "reconcile", "reconciles": ["deaf"], "deadline_ms": 100, "grace_ms": 100,
       "cleanup_ms": 0},
      {"name": "look.silent", "kind": "reconcile", "reconciles": ["silent"]},
      {"name": "look.writes", "kind": "reconcile", "reconciles": ["writes"]}]});
    static int32_t die(bh_ctx *ctx) {
      (void)ctx;
      kill(getpid(), SIGKILL);
      return BH_OK;
    }
    static int32_t patient(bh_ctx *ctx) { return bh_sleep(ctx, 600000); }
    static int32_t deaf(bh_ctx *ctx) {
      (void)ctx;
      for (;;) pause();
      return BH_OK;
    }
    static int32_t silent(bh_ctx *ctx) {
      (void)ctx;
      return BH_OK;
    }
    static int32_t writes(bh_ctx *ctx) {
      const bh_records_table *records = bh_records_of(ctx);
      uint32_t server, hostname;
      int64_t id;
      records->entity(ctx, bh_text("server"), &server);
      records->field(ctx, server, bh_text("hostname"), &hostname);
      const bh_field_value value = bh_set_str(hostname, "web-1");
      return records->create(ctx, server, &value, 1, &id);
    }
    static const bh_action actions[] = {
      BH_ACTION("patient", die), BH_ACTION("deaf", die), BH_ACTION("silent", die), BH_ACTION("writes", die),
      BH_ACTION("look.patient", patient), BH_ACTION("look.deaf", deaf), BH_ACTION("look.silent", silent),
      BH_ACTION("look.writes", writes)};
    BH_PLUGIN(actions)
    """

  @Test("an entry that hangs, is deaf, says nothing or writes has not answered; the job stays lost")
  func mute() async throws {
    try await OrderEngine.run { orders in
      let file = orders.engine.folder + "/mute.c"
      try Self.source.write(toFile: file, atomically: true, encoding: .utf8)
      try orders.engine.install(Sample.build(file), as: "mute.so")
      try orders.engine.waitForPlugin("mute")
      let expected = [
        ("patient", "unknown: it did not end within its deadline"),
        ("deaf", "unknown: it did not end within its deadline and its grace time"),
        ("silent", "unknown: bug: it returned 0 without an answer"),
        ("writes", "unknown: a reconcile entry reads records, it writes none"),
      ]
      for (action, answer) in expected {
        let id = try orders.engine.client().submit(Submission(action: "mute:" + action))[0]
        _ = try orders.lost(id)
        try orders.wait(id) { _ in try orders.engine.client().lost(id)?.tries ?? 0 > 0 }
        #expect(try orders.engine.client().lost(id)?.answer == answer)
        #expect(try orders.engine.client().job(id).status == .live(.lost))
        // Decided, so that the next worker asks for one job only.
        try orders.engine.client().resolve(id, Resolution(.failed))
      }
    }
  }
}
