import CBulkheadPlugin
import DataModel
import Testing

@testable import PluginHost

@Suite("A run and what it hands back")
struct ExecuteTests {
  static let source = #"""
    #include <stdlib.h>
    static int32_t give(bh_ctx *ctx) { return (int32_t)bh_param_i64(ctx, "code", 0); }
    static int32_t fail_thrice(bh_ctx *ctx) {
      bh_fail(ctx, BH_REMOTE, "first");
      bh_fail(ctx, BH_IO, "second");
      return ctx->host->fail(ctx, BH_IO, bh_text("third"), bh_text("{\"errno\":5}"));
    }
    static int32_t fail_with_ok(bh_ctx *ctx) { return bh_fail(ctx, BH_OK, "no failure"); }
    static int32_t warn(bh_ctx *ctx) { return bh_fail(ctx, BH_WARNING, "2 of 7 files left out"); }
    static int32_t who(bh_ctx *ctx) {
      bh_result_i64(ctx, "job", (int64_t)ctx->job_id);
      bh_result_i64(ctx, "fence", (int64_t)ctx->fence);
      bh_result_i64(ctx, "attempt", ctx->attempt);
      bh_result_i64(ctx, "user", ctx->user != NULL);
      bh_result_i64(ctx, "aligned", ((uintptr_t)ctx->cell & 63) == 0);
      bh_result_i64(ctx, "level", ctx->host->abi_current);
      bh_result_i64(ctx, "own_entry", ctx->action->run == who && strcmp(ctx->action->name, "who") == 0);
      return BH_OK;
    }
    static int32_t speak(bh_ctx *ctx) {
      static char line[20001];
      memset(line, 'x', sizeof line - 1);
      bh_log(ctx, BH_WARN, "a line");
      bh_log(ctx, 99, "loud");
      bh_log(ctx, BH_INFO, line);
      bh_progress(ctx, 3, 10, "half \xff way");
      bh_progress(ctx, 10, 10, NULL);
      return BH_OK;
    }
    static int32_t blocks(bh_ctx *ctx) {
      char *first = (char *)bh_alloc(ctx, 100), *second = (char *)bh_alloc(ctx, 0);
      void *page = ctx->host->alloc(ctx, 10, 4096);
      memset(first, 1, 100);
      bh_result_i64(ctx, "page", page != NULL && ((uintptr_t)page & 4095) == 0);
      bh_result_i64(ctx, "small", second != NULL);
      bh_result_i64(ctx, "odd", ctx->host->alloc(ctx, 10, 24) == NULL);
      bh_result_i64(ctx, "huge", ctx->host->alloc(ctx, UINT64_MAX, 0) == NULL);
      bh_free(ctx, second);
      bh_free(ctx, second);
      bh_free(ctx, &first);
      bh_free(ctx, NULL);
      bh_log(ctx, BH_INFO, "ready");
      return bh_sleep(ctx, 60000);
    }
    static int32_t spin(bh_ctx *ctx) {
      volatile uint64_t sum = 0;
      for (uint64_t i = 0; i < 20000000; i++) sum += i;
      (void)ctx;
      return BH_OK;
    }
    static int32_t five_calls(bh_ctx *ctx) {
      for (int i = 0; i < 5; i++) bh_free(ctx, bh_alloc(ctx, 1));
      return BH_OK;
    }
    static int32_t fail_after(bh_ctx *ctx) {
      int64_t how = bh_param_i64(ctx, "how", 0);
      if (how == 4) return bh_fail(ctx, BH_IO, "one\ntwo");
      (void)bh_param_i64(ctx, "x", 0);
      if (how == 1) bh_log(ctx, BH_INFO, "it is not there");
      if (how == 2) (void)bh_param_i64(ctx, "how", 0);
      return how == 3 ? BH_NOT_FOUND : bh_fail(ctx, BH_NOT_FOUND, "mine");
    }
    static int32_t unknown_table(bh_ctx *ctx) {
      bh_result_i64(ctx, "none", ctx->host->query(ctx->host, bh_text("bh.jobs/1")) == NULL);
      bh_result_i64(ctx, "prefix", ctx->host->query(ctx->host, bh_text("bh.log/")) == NULL);
      bh_result_i64(ctx, "empty", ctx->host->query(ctx->host, bh_text(NULL)) == NULL);
      return BH_OK;
    }
    """#

  static let plugin = Result {
    try InlinePlugin(
      source,
      actions: [
        "give", "fail_thrice", "fail_with_ok", "warn", "who", "speak", "blocks", "spin", "five_calls",
        "unknown_table", "fail_after",
      ])
  }

  @Test(
    "the entry's code is the run's, whatever number it is", arguments: [0, 2, 1, -7, -14, -15, 77, 1 << 30])
  func code(number: Int32) async throws {
    let end = try await execute(Self.plugin.get().run("give", params: #"{"code":\#(number)}"#))
    #expect(end.code == number)
    #expect(end.message.isEmpty && end.result == nil && end.leftBehind.isEmpty && end.stopBits == 0)
  }

  @Test("the first failure leads, later ones are chained below it")
  func failures() async throws {
    let end = try await execute(Self.plugin.get().run("fail_thrice"))
    #expect(end.code == BH_IO)
    #expect(end.message == "first\nsecond\nthird {\"errno\":5}")
  }

  @Test("the host's reason follows a failure that comes right after it, and no other")
  func hostReason() async throws {
    let plugin = try Self.plugin.get()
    let missing = "the parameter \"x\" was not given"
    #expect(try await execute(plugin.run("fail_after", params: #"{"how":0}"#)).message == "mine: " + missing)
    #expect(try await execute(plugin.run("fail_after", params: #"{"how":1}"#)).message == "mine: " + missing)
    #expect(try await execute(plugin.run("fail_after", params: #"{"how":2}"#)).message == "mine")
    #expect(try await execute(plugin.run("fail_after", params: #"{"how":3}"#)).message == missing)
    #expect(try await execute(plugin.run("fail_after", params: #"{"how":4}"#)).message == "one\\ntwo")
  }

  @Test("a failure without a failing code is the plug-in's mistake")
  func failureWithOK() async throws {
    let end = try await execute(Self.plugin.get().run("fail_with_ok"))
    #expect(end.code == BH_BUG)
    #expect(end.message == "bh_fail was given 0, which is no failure: no failure")
  }

  @Test("a warning says what was left out")
  func warning() async throws {
    let end = try await execute(Self.plugin.get().run("warn"))
    #expect(end.code == BH_WARNING && end.message == "2 of 7 files left out")
  }

  @Test("ctx names the job, the fence and the attempt, and begins without a user pointer")
  func context() async throws {
    let end = try await execute(Self.plugin.get().run("who"))
    #expect(
      try numbers(end) == [
        "job": 4711, "fence": 7, "attempt": 2, "user": 0, "aligned": 1, "level": 1, "own_entry": 1,
      ])
  }

  @Test("log and progress reach the job; what is too long or no UTF-8 is repaired")
  func speech() async throws {
    let context = RecordingContext()
    _ = try await execute(Self.plugin.get().run("speak", context))
    let told = context.all
    #expect(told.lines.prefix(2) == ["a line", "loud"] && told.levels == [2, 3, 1])
    #expect(told.lines[2] == String(repeating: "x", count: 16384) + "… (cut: 20000 bytes in all)")
    #expect(told.progress == ["3/10 half \u{FFFD} way", "10/10 "])
  }

  @Test("memory is aligned, refused in time, freed once, and given back at the end")
  func memory() async throws {
    let context = RecordingContext()
    let run = try Self.plugin.get().run("blocks", context)
    let end = try await execute(run) { run in
      #expect(context.wait(for: "ready"))
      #expect(run.allocated.blocks == 2 && run.allocated.bytes == 110)
      run.raise(StopBits.cancel)
    }
    #expect(end.code == BH_CANCELLED)
    #expect(try numbers(end) == ["page": 1, "small": 1, "odd": 1, "huge": 1])
    #expect(context.lines.filter { $0.hasPrefix("bh_free: this run has no such block") }.count == 2)
    #expect(run.allocated.blocks == 0 && run.allocated.bytes == 0)
  }

  @Test("CPU time, wall time and host calls are the run's own")
  func usage() async throws {
    let busy = try await execute(Self.plugin.get().run("spin")).usage
    #expect(busy.cpuNanoseconds > 1_000_000 && busy.wallNanoseconds > 1_000_000)
    #expect(busy.cpuNanoseconds <= busy.wallNanoseconds + 20_000_000)
    #expect(busy.hostCalls == 0)
    #expect(try await execute(Self.plugin.get().run("five_calls")).usage.hostCalls == 10)
  }

  @Test("a table that this host does not have is NULL")
  func query() async throws {
    let end = try await execute(Self.plugin.get().run("unknown_table"))
    #expect(try numbers(end) == ["none": 1, "prefix": 1, "empty": 1])
  }

  @Test("every id of the headers has its table, of the headers' size")
  func tables() {
    let sizes = [
      (BH_LOG_ID, MemoryLayout<bh_log_table>.size), (BH_PROGRESS_ID, MemoryLayout<bh_progress_table>.size),
      (BH_WAIT_ID, MemoryLayout<bh_wait_table>.size), (BH_PARAMS_ID, MemoryLayout<bh_params_table>.size),
      (BH_RESULT_ID, MemoryLayout<bh_result_table>.size),
      (BH_CLEANUP_ID, MemoryLayout<bh_cleanup_table>.size),
      (BH_RECORDS_ID, MemoryLayout<bh_records_table>.size),
    ]
    for (id, size) in sizes {
      let table = id.withCString { HostTables.shared.table(bh_text($0)) }
      #expect(table?.load(as: UInt32.self) == UInt32(size), "\(id)")
      let trial = id.withCString { HostTables.trial.host.pointee.query(HostTables.trial.host, bh_text($0)) }
      #expect(trial == nil, "\(id)")
    }
    #expect(HostTables.shared.host.pointee.size == UInt32(MemoryLayout<bh_host>.size))
  }

  @Test("the trial's host gives nothing and breaks nothing")
  func trial() {
    let host = HostTables.trial.host.pointee
    #expect(host.alloc(nil, 8, 0) == nil)
    #expect(host.fail(nil, BH_IO, bh_str(), bh_str()) == BH_IO)
    #expect(host.checkpoint(nil, 0) == BH_OK)
    host.free(nil, nil)
  }
}
