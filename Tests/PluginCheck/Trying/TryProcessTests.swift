import DataModel
import Foundation
import PluginCheck
import TestSupport
import Testing

@Suite("An action is tried in a child process")
struct TryProcessTests {
  @Test("a run tells what it logged, returned, gave back and used")
  func ordinary() async throws {
    let plugin = try TriedPlugin(
      """
      static int32_t work(bh_ctx *ctx) {
        bh_log(ctx, BH_INFO, "one");
        bh_progress(ctx, 1, 2, "half");
        for (int i = 0; i < 5; i++) if (bh_checkpoint(ctx) < 0) return BH_CANCELLED;
        bh_free(ctx, bh_alloc(ctx, 10));
        return bh_result_i64(ctx, "n", bh_param_i64(ctx, "n", 0) + 1);
      }
      static int32_t bad(bh_ctx *ctx) { return bh_fail(ctx, BH_IO, "the disk is full"); }
      """, actions: ["work", "bad"])
    let reports = try await plugin.run("work", [TryRun(parameters: #"{"n":1}"#), TryRun()])
    #expect(reports.map(\.ending) == [.returned(0), .returned(0)])
    #expect(reports.map(\.result) == [#"{"n":2}"#, #"{"n":1}"#])
    let first = try #require(reports.first)
    #expect(first.logs == [TryReport.LogLine(level: 1, text: "one")])
    #expect(first.progressReports == 1)
    #expect(first.cancelPoints == 5)
    #expect(first.hostAllocations == 1)
    #expect(first.outcome == "succeeded")
    #expect(first.hostCalls > 3)
    #expect(first.wallNanoseconds > 0)
    #expect(first.threadsLeft == 0)
    #expect(first.descriptorsLeft == [])
    let bad = try await plugin.run("bad", [TryRun()])
    #expect(bad.map(\.ending) == [.returned(-8)])
    #expect(bad.first?.message == "the disk is full")
  }

  @Test("a cancel is raised at the point that was asked for, and a deadline when it has passed")
  func stops() async throws {
    let plugin = try TriedPlugin(
      """
      static int32_t loop(bh_ctx *ctx) {
        for (int i = 0; i < 100; i++) {
          int32_t code = bh_checkpoint(ctx);
          if (code < 0) { bh_result_i64(ctx, "i", i); return code; }
        }
        return bh_sleep(ctx, 60000);
      }
      """, actions: ["loop"])
    let reports = try await plugin.run(
      "loop",
      [
        TryRun(cancelAtCheckpoint: 7), TryRun(deadlineMilliseconds: 20),
        TryRun(cancelAfterMilliseconds: 20),
      ])
    #expect(reports.map(\.ending) == [.returned(-1), .returned(-2), .returned(-1)])
    #expect(reports.map(\.outcome) == ["cancelled", "timed_out", "cancelled"])
    #expect(reports.first?.result == #"{"i":6}"#)
    #expect(reports.allSatisfy { ($0.stopLatencyNanoseconds ?? 0) > 0 })
  }

  @Test("each allocation of the host can be refused in turn")
  func hostAllocation() async throws {
    let plugin = try TriedPlugin(
      """
      static int32_t two(bh_ctx *ctx) {
        void *a = bh_alloc(ctx, 8), *b = bh_alloc(ctx, 8);
        bh_result_i64(ctx, "a", a != NULL);
        bh_result_i64(ctx, "b", b != NULL);
        return a && b ? BH_OK : BH_MEMORY;
      }
      """, actions: ["two"])
    let reports = try await plugin.run("two", [TryRun(failHostAllocation: 2), TryRun(failHostAllocation: 3)])
    #expect(reports.map(\.ending) == [.returned(-3), .returned(0)])
    #expect(reports.first?.result == #"{"a":1,"b":0}"#)
  }

  @Test("what a run allocates is counted, and each allocation can be refused in turn")
  func memory() async throws {
    let plugin = try TriedPlugin(
      """
      static void *volatile kept;
      static int32_t three(bh_ctx *ctx) {
        for (int i = 0; i < 3; i++) {
          kept = malloc(100);
          if (kept == NULL) return bh_fail(ctx, BH_MEMORY, "refused");
          if (i > 0) free(kept);
        }
        return BH_OK;
      }
      """, actions: ["three"])
    let reports = try await plugin.run("three", (1...4).map { TryRun(failAllocation: $0) })
    guard let memory = reports.last?.memory else { return }
    #expect(reports.map(\.ending) == [.returned(-3), .returned(-3), .returned(-3), .returned(0)])
    #expect(memory.allocations == 3 && memory.allocatedBytes == 300 && memory.peakBytes == 200)
    #expect(memory.liveBytes == 100 && memory.liveBlocks == 1)
  }

  @Test("a run that ends the process costs only itself, and is told as it was")
  func crashes() async throws {
    let plugin = try TriedPlugin(
      """
      #include <stdio.h>
      __attribute__((noinline)) static int32_t broken_function(int *p) { return *p; }
      static int32_t choose(bh_ctx *ctx) {
        bh_log(ctx, BH_INFO, "before");
        fprintf(stderr, "last words\\n");
        switch (bh_param_i64(ctx, "how", 0)) {
          case 1: return broken_function((int *)8);
          case 2: exit(3);
          case 3: for (;;) continue;
          case 4: abort();
        }
        return BH_OK;
      }
      """, actions: ["choose"])
    let runs = [0, 1, 0, 2, 3, 4, 0].map { TryRun(parameters: "{\"how\":\($0)}") }
    let reports = try await plugin.run("choose", runs, limit: 3000)
    #expect(
      reports.map(\.ending) == [
        .returned(0), .signalled(SIGSEGV), .returned(0), .exited(3), .outOfTime, .signalled(SIGABRT),
        .returned(0),
      ])
    #expect(reports.allSatisfy { $0.logs.map(\.text) == ["before"] })
    #expect(reports.allSatisfy { $0.errors.contains("last words") })
    let trace = try #require(reports.dropFirst().first?.trace)
    #expect(trace.first?.hasPrefix("broken_function (tried-") == true, "\(trace)")
    #expect(trace.last?.hasPrefix("choose (tried-") == true, "\(trace)")
  }

  @Test("the worst gap between cancel points is measured, and where it ended is named")
  func gaps() async throws {
    let plugin = try TriedPlugin(
      """
      static volatile unsigned sink;
      __attribute__((noinline)) static int32_t slow_step(bh_ctx *ctx) {
        for (unsigned i = 0; i < 200000000u; i++) sink += i;
        return bh_checkpoint(ctx);
      }
      static int32_t work(bh_ctx *ctx) {
        for (int i = 0; i < 50; i++) bh_checkpoint(ctx);
        int32_t code = slow_step(ctx);
        if (code < 0) return code;
        return bh_sleep(ctx, 1);
      }
      """, actions: ["work"])
    let report = try #require(try await plugin.run("work", [TryRun(measuresCheckpoints: true)]).first)
    #expect(report.worstGapNanoseconds > 10_000_000)
    #expect(report.worstGapPlace.hasPrefix("slow_step ("), "\(report.worstGapPlace)")
    #expect(report.cancelPoints == 52)
  }

  @Test("what a run writes to its standard error is its own, and what is too long is cut")
  func errors() async throws {
    let plugin = try TriedPlugin(
      """
      #include <stdio.h>
      static int32_t say(bh_ctx *ctx) {
        int64_t n = bh_param_i64(ctx, "n", 0);
        for (int64_t i = 0; i < n; i++) fprintf(stderr, "%d", (int)(n % 10));
        return BH_OK;
      }
      """, actions: ["say"])
    let sizes = [3, 0, 300_001, 14, 5]
    let reports = try await plugin.run("say", sizes.map { TryRun(parameters: "{\"n\":\($0)}") })
    let wanted = sizes.map { String(repeating: "\($0 % 10)", count: min($0, 64 << 10)) }
    #expect(reports.map(\.errors) == wanted)
  }

  @Test("threads and descriptors that a run leaves behind are told")
  func left() async throws {
    let plugin = try TriedPlugin(
      """
      #include <fcntl.h>
      #include <pthread.h>
      #include <unistd.h>
      static void *wait_for_ever(void *unused) { for (;;) pause(); return unused; }
      static int32_t leave(bh_ctx *ctx) {
        (void)ctx;
        pthread_t thread;
        pthread_create(&thread, NULL, wait_for_ever, NULL);
        return open("/dev/zero", O_RDONLY) < 0 ? BH_IO : BH_OK;
      }
      """, actions: ["leave"])
    let reports = try await plugin.run("leave", [TryRun(), TryRun()])
    #expect(reports.map(\.threadsLeft) == [1, 1])
    #expect(reports.allSatisfy { $0.descriptorsLeft.count == 1 })
    #expect(reports.allSatisfy { $0.descriptorsLeft.first?.hasSuffix(" -> /dev/zero") == true })
  }

  @Test("what cannot be loaded says why, for every run")
  func notLoaded() async throws {
    let plugin = try TriedPlugin("static int32_t a(bh_ctx *c) { (void)c; return 0; }", actions: ["a"])
    let cases = [
      (try Sample.misbehaving("no_note"), "a", "no manifest"),
      (try Sample.misbehaving("crash_constructor"), "boom", "crashed with SIGSEGV"),
      (plugin.file, "b", "has no action \"b\""), ("/nowhere/x.so", "a", "cannot open"),
    ]
    for (file, action, text) in cases {
      let reports = try await TriedPlugin.run(
        TryPlan(file: file, action: action, runs: [TryRun(), TryRun()]))
      #expect(reports.count == 2)
      for report in reports {
        guard case .notRun(let why) = report.ending else {
          Issue.record("\(file): \(report.ending)")
          continue
        }
        #expect(why.contains(text))
      }
    }
  }
}
