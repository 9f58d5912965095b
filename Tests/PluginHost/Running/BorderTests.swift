import CBulkheadPlugin
import DataModel
import TestSupport
import Testing

@testable import PluginHost

@Suite("What crosses the border wrongly")
struct BorderTests {
  static let throwing = #"""
    #include <stdexcept>
    #include <vector>
    static int32_t nothing(bh_ctx *, void *) { return BH_OK; }
    static int32_t bad_cleanup(bh_ctx *, void *) { throw std::runtime_error("in the clean-up"); }
    struct Witness {
      bh_ctx *ctx;
      ~Witness() { bh_log(ctx, BH_INFO, "destroyed"); }
    };
    static int32_t standard(bh_ctx *ctx) {
      Witness witness{ctx};
      return std::vector<int>(3).at(17);
    }
    static int32_t number(bh_ctx *ctx) {
      bh_cleanup(ctx, BH_ON_FAIL, "kept", nothing, nullptr);
      bh_fail(ctx, BH_IO, "said before");
      throw 42;
    }
    static int32_t in_cleanup(bh_ctx *ctx) {
      bh_cleanup(ctx, BH_ALWAYS, "first pushed", nothing, nullptr);
      bh_cleanup(ctx, BH_ALWAYS, "throws", bad_cleanup, nullptr);
      return BH_OK;
    }
    """#

  static let stale = #"""
    #include <pthread.h>
    #include <semaphore.h>
    #include <stdlib.h>
    static bh_ctx *kept;
    static sem_t go, done;
    static int64_t codes[16];
    static int32_t nothing(bh_ctx *ctx, void *arg) { (void)ctx; (void)arg; return BH_OK; }
    static void misuse(bh_ctx *ctx) {
      const bh_host *host = kept->host;
      const bh_wait_table *wait = (const bh_wait_table *)host->query(host, bh_text(BH_WAIT_ID));
      const bh_params_table *params = (const bh_params_table *)host->query(host, bh_text(BH_PARAMS_ID));
      const bh_result_table *result = (const bh_result_table *)host->query(host, bh_text(BH_RESULT_ID));
      const bh_cleanup_table *cleanup = (const bh_cleanup_table *)host->query(host, bh_text(BH_CLEANUP_ID));
      const bh_records_table *records = (const bh_records_table *)host->query(host, bh_text(BH_RECORDS_ID));
      const bh_log_table *log = (const bh_log_table *)host->query(host, bh_text(BH_LOG_ID));
      const bh_progress_table *progress =
          (const bh_progress_table *)host->query(host, bh_text(BH_PROGRESS_ID));
      uint32_t id;
      bh_str text;
      log->write(ctx, BH_INFO, bh_text("from nowhere"));
      progress->report(ctx, 1, 1, bh_text("from nowhere"));
      host->free(ctx, &id);
      codes[0] = host->alloc(ctx, 8, 0) == NULL ? BH_STALE : 0;
      codes[1] = host->checkpoint(ctx, 0);
      codes[2] = wait->sleep(ctx, 1);
      codes[3] = wait->poll(ctx, NULL, 0, 1);
      codes[4] = wait->stop_fd(ctx);
      codes[5] = params->get_str(ctx, bh_text("x"), &text);
      codes[6] = params->json(ctx).ptr == NULL ? BH_STALE : 0;
      codes[7] = result->set_json(ctx, bh_text("{}"));
      codes[8] = cleanup->push(ctx, BH_ALWAYS, bh_text("x"), nothing, NULL, NULL);
      codes[9] = cleanup->drop(ctx, 1);
      codes[10] = records->entity(ctx, bh_text("server"), &id);
      codes[11] = records->remove(ctx, 1, 1, 1);
      codes[12] = host->fail(ctx, BH_STALE, bh_text("x"), bh_text(NULL));
    }
    static void *outlives(void *arg) {
      sem_wait(&go);
      misuse((bh_ctx *)arg);
      sem_post(&done);
      return NULL;
    }
    static int32_t forget_thread(bh_ctx *ctx) {
      kept = ctx;
      pthread_t thread;
      sem_init(&go, 0, 0);
      sem_init(&done, 0, 0);
      pthread_create(&thread, NULL, outlives, ctx);
      pthread_detach(thread);
      return BH_OK;
    }
    static int32_t foreign(bh_ctx *ctx) {
      bh_ctx copy = *ctx;
      kept = ctx;
      int64_t wrong = 0;
      bh_ctx *strangers[] = {NULL, &copy, (bh_ctx *)8, (bh_ctx *)((char *)ctx + 8), (bh_ctx *)UINTPTR_MAX};
      for (int i = 0; i < 5; i++) {
        misuse(strangers[i]);
        for (int j = 0; j < 13; j++) wrong += codes[j] != BH_STALE;
      }
      bh_result_i64(ctx, "wrong", wrong);
      return BH_OK;
    }
    static void *works(void *arg) {
      bh_ctx *ctx = (bh_ctx *)arg;
      for (int i = 0; i < 1000; i++) bh_free(ctx, bh_alloc(ctx, 32));
      bh_log(ctx, BH_INFO, "from a thread of the run");
      return (void *)(intptr_t)bh_sleep(ctx, 60000);
    }
    static int32_t own_threads(bh_ctx *ctx) {
      pthread_t threads[4];
      void *code;
      int64_t sum = 0;
      for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, works, ctx);
      bh_log(ctx, BH_INFO, "ready");
      for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &code);
        sum += (intptr_t)code;
      }
      bh_result_i64(ctx, "sum", sum);
      return bh_checkpoint(ctx);
    }
    BH_EXPORT void let_go(void) { sem_post(&go); sem_wait(&done); }
    BH_EXPORT int64_t code_of(int i) { return codes[i]; }
    BH_EXPORT void misuse_now(void) { misuse(kept); }
    """#

  static let thrower = Result {
    try InlinePlugin(throwing, actions: ["standard", "number", "in_cleanup"], compiler: "c++")
  }

  @Test("a C++ exception ends the run as a bug, with its type and text; destructors ran")
  func exception() async throws {
    let context = RecordingContext()
    let end = try await execute(Self.thrower.get().run("standard", context))
    #expect(end.code == BH_BUG)
    #expect(
      end.message.hasPrefix(
        "threw a C++ exception, which must not leave a plug-in: std::out_of_range: vector::"))
    #expect(context.lines == ["destroyed"])
  }

  @Test("an exception without a text is named by its type, and clean-ups run as after any failure")
  func number() async throws {
    let end = try await execute(Self.thrower.get().run("number"))
    #expect(end.code == BH_BUG && end.leftBehind.isEmpty)
    #expect(
      end.message == "said before\nthrew a C++ exception, which must not leave a plug-in: int")
  }

  @Test("an exception in a clean-up leaves that one behind; the others run")
  func cleanup() async throws {
    let end = try await execute(Self.thrower.get().run("in_cleanup"))
    #expect(end.code == BH_OK && end.leftBehind == ["throws"])
    #expect(end.message.hasPrefix("clean-up \"throws\": threw a C++ exception"))
    #expect(end.message.contains("std::runtime_error: in the clean-up"))
  }

  @Test("a ctx that is NULL, copied, shifted or made up is refused by every call")
  func foreign() async throws {
    let plugin = try InlinePlugin(Self.stale, actions: ["foreign"])
    let end = try await execute(plugin.run("foreign"))
    #expect(end.code == BH_OK)
    #expect(try numbers(end) == ["wrong": 0])
  }

  @Test("a ctx that outlives its run is stale in every call, on any thread, also while others run")
  func stale() async throws {
    let plugin = try InlinePlugin(Self.stale, actions: ["forget_thread", "own_threads"])
    let context = RecordingContext()
    let end = try await execute(plugin.run("forget_thread", context))
    #expect(end.code == BH_OK)
    for (name, isThread) in [("let_go", true), ("misuse_now", false)] {
      // SAFETY: the function's type stands in the source above.
      let act = unsafeBitCast(try plugin.symbol(name), to: (@convention(c) () -> Void).self)
      try await onThread { act() }
      // SAFETY: the function's type stands in the source above.
      let code = unsafeBitCast(try plugin.symbol("code_of"), to: (@convention(c) (Int32) -> Int64).self)
      for call in 0..<13 { #expect(code(Int32(call)) == Int64(BH_STALE), "call \(call), thread \(isThread)") }
    }
    #expect(context.lines.isEmpty && context.all.progress.isEmpty)
  }

  @Test("threads that the run started and waits for may make calls, and wake from a stop")
  func ownThreads() async throws {
    let plugin = try InlinePlugin(Self.stale, actions: ["own_threads"])
    let context = RecordingContext()
    let run = try plugin.run("own_threads", context)
    let end = try await execute(run) { run in
      #expect(context.wait(for: "ready"))
      #expect(context.wait(for: "from a thread of the run"))
      run.raise(StopBits.cancel)
    }
    #expect(end.code == BH_CANCELLED)
    #expect(try numbers(end) == ["sum": -4])
    #expect(context.lines.filter { $0 == "from a thread of the run" }.count == 4)
    #expect(end.usage.hostCalls > 8000 && run.allocated.blocks == 0)
  }
}
