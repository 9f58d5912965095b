import CBulkheadPlugin
import DataModel
import Testing

@testable import PluginHost

@Suite("Reconcile entries as a plug-in writes them")
struct ReconcileRunTests {
  private static let source = """
    static int32_t act(bh_ctx *ctx, bh_str token, void *arg, bh_str *result) {
      (void)ctx; (void)token; (void)arg; (void)result;
      return BH_OK;
    }
    static int32_t looks(bh_ctx *ctx) {
      const bh_reconcile_table *table = bh_reconcile_of(ctx);
      bh_logf(ctx, BH_INFO, "%s: %s", bh_reconcile_action(ctx).ptr, table->reason(ctx).ptr);
      bh_lost_step step;
      for (uint64_t i = 0; bh_reconcile_step(ctx, i, &step) == BH_OK; i++)
        bh_logf(ctx, BH_INFO, "%s %s <%s> %u", step.name.ptr, step.token.ptr, step.result.ptr, step.done);
      bh_str text;
      for (uint64_t i = 0; table->left_behind(ctx, i, &text) == BH_OK; i++) bh_log(ctx, BH_INFO, text.ptr);
      bh_logf(ctx, BH_INFO, "step gave %d", bh_step(ctx, "new", act, NULL, NULL, NULL));
      bh_result_str(ctx, "vm", "web-1");
      return bh_reconcile_done(ctx);
    }
    static int32_t answers(bh_ctx *ctx) {
      if (bh_param_i64(ctx, "before", 0) != 0) bh_reconcile_answer(ctx, 2, "at first");
      int64_t answer = bh_param_i64(ctx, "answer", 0);
      if (answer != 0) {
        int32_t code = bh_reconcile_answer(ctx, (uint32_t)answer, "said");
        if (code < 0) return code;
      }
      return (int32_t)bh_param_i64(ctx, "code", 0);
    }
    static int32_t waits(bh_ctx *ctx) {
      bh_log(ctx, BH_INFO, "entered");
      int32_t code;
      while ((code = bh_checkpoint(ctx)) == BH_OK) bh_sleep(ctx, 5);
      return code;
    }
    """

  private static let plugin = Result { try InlinePlugin(source, actions: ["looks", "answers", "waits"]) }

  private static let lost = RunReconcile(
    action: "server.create", reason: "worker w3 was killed",
    steps: [
      .init(name: "a", token: "t-a", result: "r"), .init(name: "b", token: "t-b", result: nil),
      .init(name: "c", token: "t-c", result: ""),
    ], leftBehind: ["delete VM web-1"])

  private func ask(
    _ action: String, _ context: RecordingContext = RecordingContext(), params: String = "{}",
    isReconcile: Bool = true, during: @escaping @Sendable (PluginRun) throws -> Void = { _ in }
  ) async throws -> (RunEnd, ReconcileAnswer) {
    let run = try Self.plugin.get().run(action, context, params: params)
    if isReconcile { run.becomeReconcile(Self.lost) }
    let end = try await execute(run, during: during)
    return (end, run.reconcileAnswer(end))
  }

  @Test("an entry reads what the lost run left, does no step, and gives a result")
  func looks() async throws {
    let context = RecordingContext()
    let (_, answer) = try await ask("looks", context)
    #expect(
      context.lines == [
        "server.create: worker w3 was killed", "a t-a <r> 1", "b t-b <> 0", "c t-c <> 1", "delete VM web-1",
        "step gave \(BH_DENIED)",
      ])
    #expect(answer == .done("", result: #"{"vm":"web-1"}"#))
    #expect(context.journal["new"] == nil)
  }

  @Test(
    "only an answer that was given counts",
    arguments: [
      (#"{"answer": 1}"#, "done: said"), (#"{"answer": 2}"#, "failed: said"),
      (#"{"answer": 3}"#, "not_started: said"), (#"{"answer": 3, "before": 1}"#, "not_started: said"),
      (#"{"before": 1}"#, "failed: at first"), ("{}", "unknown: bug: it returned 0 without an answer"),
      (#"{"answer": 1, "code": -9}"#, "unknown: it failed with remote, without saying why"),
      (#"{"answer": 4}"#, "unknown: bh_reconcile_answer: 4 is none of the answers"),
    ])
  func answers(_ params: String, _ sentence: String) async throws {
    #expect(try await ask("answers", params: params).1.sentence == sentence)
  }

  @Test("an action that is run as a job can give no answer")
  func noReconcile() async throws {
    let (end, _) = try await ask("answers", params: #"{"answer": 1}"#, isReconcile: false)
    #expect(end.code == BH_UNSUPPORTED && end.message.contains("no reconcile"))
  }

  @Test("an entry whose deadline passes does not know")
  func deadline() async throws {
    let context = RecordingContext()
    let (_, answer) = try await ask("waits", context) { run in
      context.wait(for: "entered")
      run.raise(BH_STOP_DEADLINE)
    }
    #expect(answer == .unknown("it did not end within its deadline"))
  }
}
