import CBulkheadPlugin
import DataModel
import Testing

@testable import PluginHost

@Suite("A run that is asked to stop")
struct StopTests {
  static let source = #"""
    #include <poll.h>
    #include <unistd.h>
    static int32_t sleeps(bh_ctx *ctx) {
      bh_log(ctx, BH_INFO, "ready");
      return bh_sleep(ctx, UINT64_MAX);
    }
    static int32_t polls(bh_ctx *ctx) {
      int ends[2];
      if (pipe(ends) != 0) return BH_IO;
      bh_poll one = {ends[0], POLLIN, 0};
      bh_log(ctx, BH_INFO, "ready");
      int32_t code = bh_poll_fds(ctx, &one, 1, -1);
      close(ends[0]);
      close(ends[1]);
      return code;
    }
    static int32_t loops(bh_ctx *ctx) {
      bh_log(ctx, BH_INFO, "ready");
      int32_t code;
      while ((code = bh_checkpoint_n(ctx, 1)) == BH_OK) {}
      return code;
    }
    static int32_t own_loop(bh_ctx *ctx) {
      struct pollfd one = {bh_stop_fd(ctx), POLLIN, 0};
      bh_result_i64(ctx, "same", one.fd == bh_stop_fd(ctx));
      bh_result_i64(ctx, "before", poll(&one, 1, 0));
      bh_log(ctx, BH_INFO, "ready");
      bh_result_i64(ctx, "after", poll(&one, 1, 30000));
      return bh_checkpoint(ctx);
    }
    static int32_t poll_edges(bh_ctx *ctx) {
      int ends[2];
      if (pipe(ends) != 0) return BH_IO;
      bh_poll two[2] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 7}};
      bh_result_i64(ctx, "ready", bh_poll_fds(ctx, two, 2, -1));
      bh_result_i64(ctx, "read_end", two[0].revents);
      bh_result_i64(ctx, "write_end", two[1].revents == POLLOUT);
      bh_result_i64(ctx, "nothing", bh_poll_fds(ctx, two, 1, 0));
      bh_result_i64(ctx, "time_over", bh_poll_fds(ctx, NULL, 0, 2));
      bh_result_i64(ctx, "null", bh_poll_fds(ctx, NULL, 3, 0));
      bh_result_i64(ctx, "many", bh_poll_fds(ctx, two, UINT64_MAX, 0));
      close(ends[0]);
      close(ends[1]);
      return BH_OK;
    }
    static int32_t holds(bh_ctx *ctx) {
      bh_hold(ctx);
      bh_hold(ctx);
      bh_log(ctx, BH_INFO, "ready");
      while (bh_stop_bits(ctx) == 0) {}
      bh_result_i64(ctx, "held", bh_checkpoint(ctx));
      bh_result_i64(ctx, "sleep", bh_sleep(ctx, 60000));
      bh_release(ctx);
      bh_result_i64(ctx, "nested", bh_checkpoint(ctx));
      bh_release(ctx);
      bh_result_i64(ctx, "released", bh_checkpoint(ctx));
      bh_release(ctx);
      bh_result_i64(ctx, "released_too_often", bh_checkpoint(ctx));
      return BH_OK;
    }
    static int32_t nothing(bh_ctx *ctx, void *arg) { (void)ctx; (void)arg; return BH_OK; }
    static int32_t after_stop(bh_ctx *ctx) {
      int64_t early = bh_cleanup(ctx, BH_ON_FAIL, "early", nothing, NULL);
      const bh_records_table *records = bh_records_of(ctx);
      uint32_t server = 0, hostname = 0;
      records->entity(ctx, bh_text("server"), &server);
      records->field(ctx, server, bh_text("hostname"), &hostname);
      bh_field_value value = bh_set_str(hostname, "web-1");
      int64_t id = 0;
      uint64_t count = 0;
      records->create(ctx, server, &value, 1, &id);
      bh_log(ctx, BH_INFO, "ready");
      int32_t stopped = bh_sleep(ctx, 60000);
      bh_log(ctx, BH_INFO, "log works");
      bh_progress(ctx, 1, 1, "progress works");
      bh_result_i64(ctx, "sleep", stopped);
      bh_result_i64(ctx, "sleep_0", bh_sleep(ctx, 0));
      bh_result_i64(ctx, "poll", bh_poll_fds(ctx, NULL, 0, 0));
      bh_result_i64(ctx, "checkpoint", bh_checkpoint(ctx));
      bh_result_i64(ctx, "stop_fd", bh_stop_fd(ctx) >= 0);
      bh_result_i64(ctx, "alloc", bh_alloc(ctx, 8) != NULL);
      bh_result_i64(ctx, "param", bh_param_i64(ctx, "n", -1));
      bh_result_i64(ctx, "result", bh_result_str(ctx, "text", "works"));
      bh_result_i64(ctx, "push", bh_cleanup(ctx, BH_ALWAYS, "late", nothing, NULL) > 0);
      bh_result_i64(ctx, "drop", bh_cleanup_drop(ctx, early));
      bh_result_i64(ctx, "entity", records->entity(ctx, bh_text("server"), &server));
      bh_result_i64(ctx, "field", records->field(ctx, server, bh_text("hostname"), &hostname));
      bh_result_i64(ctx, "get", records->get(ctx, server, id, &value, 1, NULL));
      bh_result_i64(ctx, "find", records->find(ctx, server, &value, &id, 1, &count));
      bh_result_i64(ctx, "create", records->create(ctx, server, &value, 1, &id));
      bh_result_i64(ctx, "set", records->set(ctx, server, id, 0, &value, 1, NULL));
      bh_result_i64(ctx, "remove", records->remove(ctx, server, id, 0));
      bh_hold(ctx);
      bh_result_i64(ctx, "held_get", records->get(ctx, server, 1, &value, 1, NULL));
      bh_result_i64(ctx, "held_set", records->set(ctx, server, 1, 0, &value, 1, NULL));
      bh_release(ctx);
      return bh_fail(ctx, stopped, "fail works");
    }
    static int32_t steps(bh_ctx *ctx) {
      const bh_records_table *records = bh_records_of(ctx);
      bh_field_value value = bh_set_str(1, "web-1");
      int64_t id = 0;
      int32_t code;
      for (int i = 0; i < 3; i++)
        if ((code = bh_checkpoint(ctx)) < 0) return code;
      if ((code = bh_sleep(ctx, 0)) < 0) return code;
      if ((code = bh_poll_fds(ctx, NULL, 0, 0)) < 0) return code;
      if ((code = records->create(ctx, 3, &value, 1, &id)) < 0) return code;
      if ((code = records->remove(ctx, 3, id, 0)) < 0) return code;
      bh_hold(ctx);
      code = bh_checkpoint(ctx);
      bh_release(ctx);
      return code < 0 ? BH_BUG : bh_checkpoint(ctx);
    }
    """#

  static let plugin = Result {
    try InlinePlugin(
      source,
      actions: ["sleeps", "polls", "loops", "own_loop", "poll_edges", "holds", "after_stop", "steps"])
  }

  /// What each stop ends a run with.
  static let stops: [(UInt32, Int32)] = [
    (StopBits.cancel, BH_CANCELLED), (StopBits.deadline, BH_DEADLINE), (StopBits.fenced, BH_FENCED),
    (BH_STOP_MEMORY_SOFT, BH_MEMORY),
  ]

  @Test("a stop wakes a sleep, a poll and a loop at once", arguments: ["sleeps", "polls", "loops"], stops)
  func wakes(action: String, stop: (bits: UInt32, code: Int32)) async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run(action, context)) { run in
      #expect(context.wait(for: "ready"))
      #expect(!run.isStopped)
      run.raise(stop.bits)
    }
    #expect(end.code == stop.code && end.stopBits == stop.bits)
  }

  @Test("a stop that was raised before the run began ends it without calling its entry", arguments: stops)
  func early(stop: (bits: UInt32, code: Int32)) async throws {
    let context = RecordingContext()
    let run = try Self.plugin.get().run("after_stop", context)
    #expect(run.takeCleanupGrace() && run.takeCleanupGrace())
    run.raise(stop.bits)
    #expect(run.isStopped && run.stopBits == stop.bits)
    let end = try await execute(run)
    #expect(end.code == stop.code && end.stopBits == stop.bits)
    #expect(end.usage.wallNanoseconds == 0 && (end.usage.memory ?? MemoryUsage()) == MemoryUsage())
    #expect(run.isStopped && run.stopBits == stop.bits && !run.takeCleanupGrace())
    #expect(context.lines.isEmpty && context.store.count == 0)
  }

  @Test("losing the job weighs more than a cancel, a cancel more than the deadline")
  func priorities() {
    #expect(StopWord.code(BH_STOP_SHUTDOWN | BH_STOP_PROFILE) == BH_OK)
    #expect((BH_STOP_SHUTDOWN | BH_STOP_PROFILE) & BH_STOP_ENDS == 0)
    for bits in UInt32(0)..<128 {
      let wanted =
        bits & BH_STOP_FENCED != 0
        ? BH_FENCED
        : bits & BH_STOP_CANCEL != 0
          ? BH_CANCELLED
          : bits & BH_STOP_DEADLINE != 0 ? BH_DEADLINE : bits & 0x0C != 0 ? BH_MEMORY : BH_OK
      #expect(StopWord.code(bits) == wanted, "\(bits)")
    }
  }

  @Test(
    "that the worker ends is told, and stops nobody", arguments: ["sleeps", "polls", "loops", "own_loop"])
  func shutdown(action: String) async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run(action, context)) { run in
      #expect(context.wait(for: "ready"))
      run.raise(StopBits.shutdown)
      #expect(run.stopBits == StopBits.shutdown && !run.isStopped)
      run.raise(StopBits.cancel)
    }
    #expect(end.code == BH_CANCELLED)
    #expect(end.stopBits == StopBits.shutdown | StopBits.cancel)
  }

  @Test("the stop descriptor is one for the run, and readable from the stop on")
  func descriptor() async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run("own_loop", context)) { run in
      #expect(context.wait(for: "ready"))
      run.raise(StopBits.deadline)
    }
    #expect(end.code == BH_DEADLINE)
    #expect(try numbers(end) == ["same": 1, "before": 0, "after": 1])
  }

  @Test("poll answers as poll(2) does, and refuses what it cannot read")
  func pollEdges() async throws {
    let end = try await execute(Self.plugin.get().run("poll_edges"))
    #expect(
      try numbers(end) == [
        "ready": 1, "read_end": 0, "write_end": 1, "nothing": 0, "time_over": 0, "null": Int64(BH_INVALID),
        "many": Int64(BH_INVALID),
      ])
  }

  @Test("a held region passes its checkpoints and ends its waits")
  func hold() async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run("holds", context)) { run in
      #expect(context.wait(for: "ready"))
      run.raise(StopBits.cancel)
    }
    #expect(
      try numbers(end) == [
        "held": 0, "sleep": -1, "nested": 0, "released": -1, "released_too_often": -1,
      ])
    #expect(end.code == BH_OK && end.stopBits == StopBits.cancel)
  }

  @Test("a stop is sticky for what begins or waits, and for nothing else", arguments: stops)
  func sticky(stop: (bits: UInt32, code: Int32)) async throws {
    let context = RecordingContext()
    let end = try await execute(Self.plugin.get().run("after_stop", context, params: #"{"n":5}"#)) { run in
      #expect(context.wait(for: "ready"))
      run.raise(stop.bits)
    }
    let code = Int64(stop.code)
    var wanted: [String: Int64] = [
      "sleep": code, "sleep_0": code, "poll": code, "checkpoint": code, "get": code, "find": code,
      "create": code, "set": code, "remove": code, "stop_fd": 1, "alloc": 1, "param": 5, "result": 0,
      "push": 1, "drop": 0, "entity": 0, "field": 0, "held_get": 0, "held_set": 0,
    ]
    if stop.code == BH_FENCED {
      wanted["held_get"] = code
      wanted["held_set"] = code
    }
    #expect(try numbers(end) == wanted)
    #expect(end.code == stop.code && end.message.hasPrefix("fail works"))
    let told = context.all
    #expect(told.lines == ["ready", "log works"] && told.progress == ["1/1 progress works"])
  }

  @Test("a cancel can be tried at every cancel point in turn")
  func everyCancelPoint() async throws {
    let plugin = try Self.plugin.get()
    let counting = try plugin.run("steps", options: RunOptions(countsCancelPoints: true))
    let end = try await execute(counting)
    #expect(end.code == BH_OK && end.stopBits == 0)
    #expect(counting.cancelPoints == 9)
    for point in 1...9 {
      let run = try plugin.run("steps", options: RunOptions(cancelAtCheckpoint: point))
      let end = try await execute(run)
      #expect(end.code == BH_CANCELLED && end.stopBits == StopBits.cancel, "point \(point)")
      // The held checkpoint lets the run go on to the next one.
      #expect(run.cancelPoints == (point == 8 ? 9 : point))
    }
    let beyond = try plugin.run("steps", options: RunOptions(cancelAtCheckpoint: 10))
    #expect(try await execute(beyond).code == BH_OK)
    let plain = try plugin.run("steps")
    #expect(try await execute(plain).code == BH_OK)
    #expect(plain.cancelPoints == 0)
  }

  @Test("bits raised after the end change nothing, neither here nor in the run that has the memory next")
  func late() async throws {
    let plugin = try Self.plugin.get()
    let run = try plugin.run("steps")
    let end = try await execute(run)
    #expect(run.execute().message.contains("twice"))
    run.raise(StopBits.cancel)
    run.raiseInCleanup(StopBits.cancel)
    #expect(run.stopBits == 0 && !run.isStopped && end.stopBits == 0)
    #expect(bhrtStopWord(of: run) == 0)
  }

  private func bhrtStopWord(of run: PluginRun) -> UInt32 { run.frame.stopWord.pointee }

  @Test("raising from many threads while runs end harms no run")
  func races() async throws {
    let plugin = try Self.plugin.get()
    for _ in 0..<300 {
      let run = try plugin.run("own_loop")
      let end = try await execute(run) { run in
        for _ in 0..<3 { run.raise(StopBits.shutdown) }
        run.raise(StopBits.cancel)
        for _ in 0..<10 { run.raise(StopBits.deadline) }
      }
      #expect(end.code == BH_CANCELLED)
    }
  }
}
