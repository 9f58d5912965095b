import CBulkheadPlugin
import DataModel
import Testing

@testable import PluginHost

@Suite("Clean-up")
struct CleanupTests {
  static let source = #"""
    static int32_t undo(bh_ctx *ctx, void *arg) {
      bh_log(ctx, BH_INFO, (const char *)arg);
      return BH_OK;
    }
    static int32_t cannot(bh_ctx *ctx, void *arg) {
      bh_log(ctx, BH_INFO, (const char *)arg);
      return bh_fail(ctx, BH_REMOTE, "the other side says no");
    }
    static int32_t mute(bh_ctx *ctx, void *arg) {
      bh_log(ctx, BH_INFO, (const char *)arg);
      return BH_IO;
    }
    static int32_t waits(bh_ctx *ctx, void *arg) {
      bh_log(ctx, BH_INFO, (const char *)arg);
      return bh_sleep(ctx, 60000);
    }
    static int32_t pushes(bh_ctx *ctx, void *arg) {
      bh_log(ctx, BH_INFO, (const char *)arg);
      bh_cleanup(ctx, BH_ALWAYS, "pushed late", undo, (void *)"pushed late");
      return BH_OK;
    }
    static int32_t look(bh_ctx *ctx, void *arg) {
      (void)arg;
      bh_poll none;
      uint32_t server = 0;
      bh_field_value value = bh_set_str(1, "left");
      int64_t id = 0;
      const bh_records_table *records = bh_records_of(ctx);
      records->entity(ctx, bh_text("server"), &server);
      bh_result_i64(ctx, "bits", bh_stop_bits(ctx));
      bh_result_i64(ctx, "checkpoint", bh_checkpoint(ctx));
      bh_result_i64(ctx, "poll", bh_poll_fds(ctx, &none, 0, 0));
      bh_poll own = {bh_stop_fd(ctx), 1, 0};
      bh_result_i64(ctx, "descriptor", bh_poll_fds(ctx, &own, 1, 0));
      bh_result_i64(ctx, "create", records->create(ctx, server, &value, 1, &id));
      bh_result_i64(ctx, "param", bh_param_i64(ctx, "code", 99));
      return BH_OK;
    }
    static void push(bh_ctx *ctx, uint32_t when, const char *what, bh_cleanup_fn function) {
      bh_cleanup(ctx, when, what, function, (void *)what);
    }
    static int32_t order(bh_ctx *ctx) {
      push(ctx, BH_ALWAYS, "first", undo);
      push(ctx, BH_ON_FAIL, "second", undo);
      int64_t gone = bh_cleanup(ctx, BH_ALWAYS, "dropped", undo, (void *)"dropped");
      push(ctx, BH_ALWAYS, "third", pushes);
      bh_result_i64(ctx, "drop", bh_cleanup_drop(ctx, gone));
      bh_result_i64(ctx, "twice", bh_cleanup_drop(ctx, gone));
      bh_result_i64(ctx, "when", bh_cleanup(ctx, 7, "odd", undo, NULL));
      bh_result_i64(ctx, "null", bh_cleanup(ctx, BH_ALWAYS, "odd", NULL, NULL));
      return (int32_t)bh_param_i64(ctx, "code", 0);
    }
    static int32_t some_fail(bh_ctx *ctx) {
      push(ctx, BH_ALWAYS, "delete VM web-1", cannot);
      push(ctx, BH_ALWAYS, "close", mute);
      push(ctx, BH_ON_FAIL, "delete disk", cannot);
      return bh_fail(ctx, BH_IO, "disk full");
    }
    static int32_t over_budget(bh_ctx *ctx) {
      push(ctx, BH_ALWAYS, "never begun", undo);
      push(ctx, BH_ALWAYS, "too slow", waits);
      push(ctx, BH_ALWAYS, "quick", undo);
      return BH_OK;
    }
    static int32_t fenced(bh_ctx *ctx) {
      push(ctx, BH_ALWAYS, "close socket", undo);
      push(ctx, BH_ON_FAIL, "delete VM", undo);
      push(ctx, BH_ALWAYS, "look", look);
      bh_log(ctx, BH_INFO, "ready");
      return bh_sleep(ctx, 60000);
    }
    static int32_t fresh(bh_ctx *ctx) {
      push(ctx, BH_ALWAYS, "look", look);
      bh_hold(ctx);
      bh_stop_fd(ctx);
      bh_log(ctx, BH_INFO, "ready");
      return bh_sleep(ctx, 60000);
    }
    static int32_t slow_then_two(bh_ctx *ctx) {
      push(ctx, BH_ON_FAIL, "for failures", undo);
      push(ctx, BH_ALWAYS, "in any case", undo);
      push(ctx, BH_ALWAYS, "slow", waits);
      return BH_REMOTE;
    }
    """#

  static let plugin = Result {
    try InlinePlugin(
      source, actions: ["order", "some_fail", "over_budget", "fenced", "fresh", "slow_then_two"])
  }

  @Test(
    "last first; those for failures only after what is no success", arguments: [0, 2, -1, -7, -14, 1, 77])
  func order(code: Int32) async throws {
    let context = RecordingContext()
    let run = try Self.plugin.get().run("order", context, params: #"{"code":\#(code)}"#)
    let end = try await execute(run)
    let failed = code != 0 && code != 2
    #expect(context.lines == ["third", "pushed late"] + (failed ? ["second"] : []) + ["first"])
    #expect(end.code == code && end.leftBehind.isEmpty)
    let invalid = Int64(BH_INVALID)
    #expect(
      try numbers(end) == ["drop": 0, "twice": Int64(BH_NOT_FOUND), "when": invalid, "null": invalid])
  }

  @Test("what could not be undone is left behind, and says why below the run's own failure")
  func leftBehind() async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run("some_fail", context))
    #expect(context.lines == ["delete disk", "close", "delete VM web-1"])
    #expect(end.leftBehind == ["delete disk", "close", "delete VM web-1"])
    #expect(end.code == BH_IO)
    #expect(
      end.message.split(separator: "\n") == [
        "disk full", "clean-up \"delete disk\": the other side says no",
        "clean-up \"close\": failed with io", "clean-up \"delete VM web-1\": the other side says no",
      ])
  }

  @Test("the clean-up has a budget of its own: what is too slow or not begun by then is left behind")
  func budget() async throws {
    let context = RecordingContext()
    let run = try Self.plugin.get().run("over_budget", context, cleanupMilliseconds: 300)
    let end = try await execute(run)
    #expect(context.lines == ["quick", "too slow"])
    #expect(end.leftBehind == ["too slow", "never begun"])
    #expect(end.code == BH_OK && end.stopBits == 0)
    #expect(end.message.hasSuffix("did not end within the budget of 300 ms for clean-up"))
    #expect(end.usage.wallNanoseconds >= 200_000_000)
  }

  @Test(
    "the stop that ended the entry does not end its clean-up",
    arguments: [StopBits.cancel, StopBits.deadline])
  func freshWord(bit: UInt32) async throws {
    let context = RecordingContext()
    let run = try Self.plugin.get().run("fresh", context, params: #"{"code":5}"#)
    let end = try await execute(run) { run in
      #expect(context.wait(for: "ready"))
      run.raise(bit)
    }
    #expect(end.code < 0 && end.stopBits == bit && end.leftBehind.isEmpty)
    #expect(
      try numbers(end) == ["bits": 0, "checkpoint": 0, "poll": 0, "descriptor": 0, "create": 0, "param": 5])
    #expect(context.store.count == 1)
  }

  @Test("after the job was lost, clean-ups for failures are listed, the others run and write nothing")
  func fenced() async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run("fenced", context)) { run in
      #expect(context.wait(for: "ready"))
      run.raise(StopBits.fenced | StopBits.cancel)
    }
    #expect(end.code == BH_FENCED)
    #expect(end.leftBehind == ["delete VM"])
    #expect(context.lines == ["ready", "close socket"])
    #expect(try numbers(end)["create"] == Int64(BH_FENCED))
    #expect(try numbers(end)["poll"] == 0 && numbers(end)["bits"] == 0)
    #expect(context.store.count == 0)
  }

  @Test("a clean-up is stopped by force, at once; the rest is left behind")
  func force() async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run("slow_then_two", context)) { run in
      #expect(context.wait(for: "slow"))
      #expect(run.takeCleanupGrace() && !run.takeCleanupGrace())
      run.raise(StopBits.cancel | StopBits.deadline)
      #expect(!run.isStopped)
      // Whether it is stopped cannot be asked from here: the run may be at its end already.
      run.raiseInCleanup(StopBits.cancel)
    }
    #expect(context.lines == ["slow"])
    #expect(end.leftBehind == ["slow", "in any case", "for failures"])
    #expect(end.code == BH_REMOTE && end.stopBits == 0)
  }

  @Test("force before the end of the entry reaches the clean-up when it begins, and not the entry")
  func earlyForce() async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run("fresh", context)) { run in
      #expect(context.wait(for: "ready"))
      #expect(!run.takeCleanupGrace())
      run.raiseInCleanup(StopBits.cancel)
      #expect(!run.isStopped)
      run.raise(StopBits.deadline)
    }
    #expect(end.code == BH_DEADLINE && end.leftBehind == ["look"] && end.result == nil)
  }

  @Test("a job that is lost during its clean-up wakes the one that runs; those for any case still run")
  func lostMeanwhile() async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run("slow_then_two", context)) { run in
      #expect(context.wait(for: "slow"))
      run.raise(StopBits.fenced)
    }
    #expect(context.lines == ["slow", "in any case"])
    #expect(end.leftBehind == ["slow", "for failures"])
    #expect(end.code == BH_REMOTE && end.stopBits == 0)
  }
}
