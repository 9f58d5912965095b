import CBulkheadPlugin
import DataModel
import Synchronization
import Testing

@testable import PluginHost

@Suite("Steps as a plug-in calls them")
struct StepCallTests {
  /// `act` and `look` log what they were called with and answer by what stands in the parameters.
  private static let source = """
    static int32_t act(bh_ctx *ctx, bh_str token, void *arg, bh_str *result) {
      bh_logf(ctx, BH_INFO, "act %.*s %s", (int)token.len, token.ptr, (const char *)arg);
      *result = bh_text(bh_param_str(ctx, "acted", "made"));
      return (int32_t)bh_param_i64(ctx, "act", 0);
    }
    static int32_t look(bh_ctx *ctx, bh_str token, void *arg, bh_str *result) {
      (void)arg;
      bh_logf(ctx, BH_INFO, "look %.*s", (int)token.len, token.ptr);
      *result = bh_text("found");
      int32_t code = (int32_t)bh_param_i64(ctx, "look", 0);
      return code < 0 && code != BH_NOT_FOUND ? bh_fail(ctx, code, "the cloud is away") : code;
    }
    static int32_t one(bh_ctx *ctx) {
      bh_str result;
      int32_t code = bh_step(ctx, "a", act, look, "argument", &result);
      if (code < 0) return code;
      bh_logf(ctx, BH_INFO, "result %s", result.ptr);
      return BH_OK;
    }
    static int32_t blind(bh_ctx *ctx) { return bh_step(ctx, "a", act, NULL, "", NULL); }
    static int32_t repeatable(bh_ctx *ctx) { return bh_step(ctx, "a", act, bh_step_again, "", NULL); }
    static int32_t ignores(bh_ctx *ctx) {
      bh_step(ctx, "a", act, look, "", NULL);
      int32_t code = bh_step(ctx, "b", act, look, "", NULL);
      bh_logf(ctx, BH_INFO, "b gave %d", code);
      return BH_OK;
    }
    static int32_t twice(bh_ctx *ctx) {
      int32_t code = bh_step(ctx, "a", act, look, "", NULL);
      return code < 0 ? code : bh_step(ctx, "a", act, look, "", NULL);
    }
    static int32_t retries(bh_ctx *ctx) {
      int32_t first = bh_step(ctx, "a", act, look, "", NULL);
      bh_logf(ctx, BH_INFO, "first %d", first);
      return bh_step(ctx, "a", act, look, "", NULL);
    }
    static int32_t nested(bh_ctx *ctx, bh_str token, void *arg, bh_str *result) {
      (void)token; (void)arg; (void)result;
      return bh_step(ctx, "inner", act, look, "", NULL);
    }
    static int32_t inside(bh_ctx *ctx) { return bh_step(ctx, "outer", nested, look, "", NULL); }
    static int32_t names(bh_ctx *ctx) {
      int32_t code = bh_step(ctx, bh_param_str(ctx, "name", ""), act, look, "", NULL);
      bh_logf(ctx, BH_INFO, "token <%s>", bh_step_token(ctx, "x").ptr);
      return code;
    }
    static int32_t no_function(bh_ctx *ctx) { return bh_step(ctx, "a", NULL, look, "", NULL); }
    static int32_t undo(bh_ctx *ctx, void *arg) { bh_log(ctx, BH_INFO, (const char *)arg); return BH_OK; }
    static int32_t cleans(bh_ctx *ctx) {
      bh_cleanup(ctx, BH_ON_FAIL, "delete the VM", undo, "undone");
      bh_cleanup(ctx, BH_ALWAYS, "close the line", undo, "closed");
      return bh_step(ctx, "a", act, look, "", NULL);
    }
    static int32_t stopped(bh_ctx *ctx) {
      bh_log(ctx, BH_INFO, "entered");
      while (bh_checkpoint(ctx) == BH_OK) bh_sleep(ctx, 5);
      return bh_step(ctx, "a", act, look, "", NULL);
    }
    static int32_t waits(bh_ctx *ctx, bh_str token, void *arg, bh_str *result) {
      (void)token; (void)arg;
      bh_log(ctx, BH_INFO, "entered");
      while (bh_checkpoint(ctx) == BH_OK) bh_sleep(ctx, 5);
      *result = bh_text("made all the same");
      return (int32_t)bh_param_i64(ctx, "after", 0);
    }
    static int32_t interrupted(bh_ctx *ctx) { return bh_step(ctx, "a", waits, waits, "", NULL); }
    static int32_t large(bh_ctx *ctx, bh_str token, void *arg, bh_str *result) {
      (void)token;
      result->len = *(uint64_t *)arg;
      char *text = bh_alloc(ctx, result->len);
      memset(text, 'x', result->len);
      result->ptr = text;
      return BH_OK;
    }
    static int32_t sizes(bh_ctx *ctx) {
      uint64_t size = BH_STEP_RESULT_LIMIT;
      int32_t code = bh_step(ctx, "whole", large, look, &size, NULL);
      if (code < 0) return code;
      size++;
      return bh_step(ctx, "too long", large, look, &size, NULL);
    }
    """

  private static let plugin = Result {
    try InlinePlugin(
      source,
      actions: [
        "one", "blind", "repeatable", "ignores", "twice", "retries", "inside", "names", "no_function",
        "cleans", "stopped", "interrupted", "sizes",
      ])
  }

  private func run(
    _ action: String, _ context: RecordingContext, params: String = "{}",
    during: @escaping @Sendable (PluginRun) throws -> Void = { _ in }
  ) async throws -> RunEnd {
    try await execute(Self.plugin.get().run(action, context, params: params), during: during)
  }

  private func context(_ rows: [String: String?] = [:]) -> RecordingContext {
    RecordingContext(journal: MemorySteps(rows))
  }

  @Test("a step is done with its token and argument, and its result is recorded and given")
  func fresh() async throws {
    let context = context()
    #expect(try await run("one", context).code == BH_OK)
    #expect(context.lines == ["act token-of-a argument", "result made"])
    #expect(context.journal["a"] == .some("made"))
  }

  @Test("a recorded result is given, and nothing is called")
  func replay() async throws {
    let context = context(["a": "before"])
    #expect(try await run("one", context).code == BH_OK)
    #expect(context.lines == ["result before"])
  }

  @Test("a step that began is looked for: found, not there, not to be told")
  func looks() async throws {
    var context = context(["a": nil])
    #expect(try await run("one", context).code == BH_OK)
    #expect(context.lines == ["look token-of-a", "result found"])
    #expect(context.journal["a"] == .some("found"))

    context = self.context(["a": nil])
    #expect(try await run("one", context, params: #"{"look": -5}"#).code == BH_OK)
    #expect(context.lines == ["look token-of-a", "act token-of-a argument", "result made"])

    context = self.context(["a": nil])
    let end = try await run("one", context, params: #"{"look": -9}"#)
    #expect(end.code == BH_UNKNOWN && context.lines == ["look token-of-a"])
    #expect(end.message.contains("the cloud is away") && end.message.contains("step \"a\""))
    #expect(context.journal["a"] == .some(nil))
    #expect(end.leftBehind.count == 1 && end.leftBehind[0].contains("token-of-a"))
  }

  @Test("without a way to look, a step that began cannot be told; with bh_step_again it is done again")
  func blind() async throws {
    let context = context(["a": nil])
    let end = try await run("blind", context)
    #expect(end.code == BH_UNKNOWN && context.lines.isEmpty && end.message.contains("`find` is NULL"))
    let other = self.context(["a": nil])
    #expect(try await run("repeatable", other).code == BH_OK)
    #expect(other.lines == ["act token-of-a "] && other.journal["a"] == .some("made"))
  }

  @Test("what cannot be told outweighs whatever the action returns, and no step begins after it")
  func sticky() async throws {
    let context = context(["a": nil])
    let end = try await run("ignores", context, params: #"{"look": -8}"#)
    #expect(end.code == BH_UNKNOWN)
    #expect(context.lines == ["look token-of-a", "b gave \(BH_UNKNOWN)"])
    #expect(context.journal["b"] == nil)
  }

  @Test("a name that was done is a mistake the second time; one that failed is looked for")
  func twice() async throws {
    let context = context()
    let end = try await run("twice", context)
    #expect(end.code == BH_BUG && end.message.contains("done in this run already"))
    let other = self.context()
    #expect(try await run("retries", other, params: #"{"act": -9}"#).code == BH_OK)
    #expect(other.lines == ["act token-of-a ", "first -9", "look token-of-a"])
    let third = self.context()
    #expect(try await run("retries", third, params: #"{"act": -9, "look": -5}"#).code == BH_REMOTE)
    #expect(third.lines == ["act token-of-a ", "first -9", "look token-of-a", "act token-of-a "])
  }

  @Test("a step inside a step, one without a function, a name that cannot be, a code that is none")
  func mistakes() async throws {
    let context = context()
    let inside = try await run("inside", context)
    #expect(inside.code == BH_BUG && inside.message.contains("inside the step \"outer\""))
    #expect(try await run("no_function", self.context()).code == BH_INVALID)
    for name in ["", String(repeating: "x", count: 129), #"a\nb"#] {
      let other = self.context()
      #expect(try await run("names", other, params: #"{"name": "\#(name)"}"#).code == BH_INVALID)
      #expect(other.lines == ["token <token-of-x>"])
    }
    let positive = try await run("one", self.context(), params: #"{"act": 2}"#)
    #expect(positive.code == BH_BUG && positive.message.contains("returned 2"))
  }

  @Test("a result of 64 KiB is recorded, a longer one is not")
  func sizes() async throws {
    let context = context()
    let end = try await run("sizes", context)
    #expect(end.code == BH_INVALID && end.message.contains("65537 bytes"))
    #expect(context.journal["whole"]??.utf8.count == 65536 && context.journal["too long"] == .some(nil))
  }

  @Test("after an unknown step only clean-ups that always run do; the others are left behind")
  func cleanups() async throws {
    let context = context(["a": nil])
    let end = try await run("cleans", context, params: #"{"look": -9}"#)
    #expect(end.code == BH_UNKNOWN && context.lines == ["look token-of-a", "closed"])
    #expect(end.leftBehind.first == "delete the VM")
    let failed = self.context()
    #expect(try await run("cleans", failed, params: #"{"act": -9}"#).code == BH_REMOTE)
    #expect(failed.lines == ["act token-of-a ", "closed", "undone"])
  }

  @Test("after a stop no step begins")
  func stopped() async throws {
    for (bit, code) in [
      (BH_STOP_CANCEL, BH_CANCELLED), (BH_STOP_DEADLINE, BH_DEADLINE), (BH_STOP_FENCED, BH_FENCED),
    ] {
      let context = context()
      let end = try await run("stopped", context) { run in
        context.wait(for: "entered")
        run.raise(bit)
      }
      #expect(end.code == code && context.journal["a"] == nil)
    }
  }

  @Test("what was done before the stop was seen is recorded")
  func recordedAfterStop() async throws {
    let context = context()
    let end = try await run("interrupted", context) { run in
      context.wait(for: "entered")
      run.raise(BH_STOP_CANCEL)
    }
    #expect(end.code == BH_OK && context.journal["a"] == .some("made all the same"))
  }

  @Test("a look that a stop has interrupted is the stop, and its step is named as left behind")
  func interruptedLook() async throws {
    let context = context(["a": nil])
    let end = try await run("interrupted", context, params: #"{"after": -8}"#) { run in
      context.wait(for: "entered")
      run.raise(BH_STOP_CANCEL)
    }
    #expect(end.code == BH_CANCELLED && context.journal["a"] == .some(nil))
    #expect(end.leftBehind.count == 1 && end.leftBehind[0].contains("step \"a\""))
  }

  @Test("a stop that comes while the start is committed keeps the step from being done")
  func stoppedInBegin() async throws {
    let context = context()
    let run = try Self.plugin.get().run("one", context)
    context.journal.hook.withLock { $0 = { [weak run] in run?.raise(BH_STOP_CANCEL) } }
    #expect(try await execute(run).code == BH_CANCELLED)
    #expect(context.lines.isEmpty)
  }

  @Test("a lost job begins and records nothing, and the run is told so")
  func fenced() async throws {
    let fenced = HostError(code: BH_FENCED, message: "not yours")
    let context = context()
    context.journal.beginRefusal.withLock { $0 = fenced }
    #expect(try await run("one", context).code == BH_FENCED)
    #expect(context.lines.isEmpty)
    let other = self.context()
    other.journal.recordRefusal.withLock { $0 = fenced }
    let end = try await run("one", other)
    #expect(end.code == BH_FENCED && end.stopBits & BH_STOP_FENCED != 0)
    #expect(other.lines == ["act token-of-a argument"])
  }

  @Test("an exception in a step is caught, named, and leaves the step begun")
  func exception() async throws {
    let plugin = try InlinePlugin(
      """
      #include <stdexcept>
      static int32_t act(bh_ctx *, bh_str, void *, bh_str *) { throw std::runtime_error("no line"); }
      static int32_t throws_it(bh_ctx *ctx) { return bh_step(ctx, "a", act, bh_step_again, nullptr, nullptr); }
      """, actions: ["throws_it"], compiler: "c++")
    let context = context()
    let end = try await execute(plugin.run("throws_it", context))
    #expect(end.code == BH_BUG && end.message.contains("std::runtime_error: no line"))
    #expect(context.journal["a"] == .some(nil))
  }
}
