import Foundation
import PluginCheck
import PluginHost
import TestSupport
import Testing

@Suite("What a crash and a refused block tell")
struct CrashTests {
  @Test("an overflow of the stack is called one, whether by one large frame or by many small ones")
  func overflow() async throws {
    let plugin = try TriedPlugin(
      """
      __attribute__((noinline)) static int32_t deep(bh_ctx *ctx, volatile int32_t n) {
        volatile char room[200];
        room[0] = (char)n;
        return n == 0 ? 0 : deep(ctx, n - 1) + room[0];
      }
      static int32_t recurse(bh_ctx *ctx) { return deep(ctx, 1 << 20); }
      static int32_t large(bh_ctx *ctx) {
        volatile char room[400 << 10];
        for (size_t i = 0; i < sizeof room; i += 512) room[i] = 1;
        return bh_checkpoint(ctx) + room[7];
      }
      static int32_t wild(bh_ctx *ctx) { (void)ctx; return *(volatile int32_t *)64; }
      """, actions: ["recurse", "large", "wild"])
    for action in ["recurse", "large"] {
      let report = try #require(try await plugin.run(action, [TryRun()]).first)
      #expect(report.ending == .signalled(SIGSEGV))
      #expect(report.reason == "stack overflow: a run has 256 KiB of stack", "\(action) \(report.trace)")
    }
    let wild = try #require(try await plugin.run("wild", [TryRun()]).first)
    #expect(wild.ending == .signalled(SIGSEGV) && wild.reason.isEmpty)
    let run = try await onThread { try CommandRun(["plugin", "run", plugin.file, "recurse"]) }
    #expect(run.output.contains("SIGSEGV, stack overflow: a run has 256 KiB of stack"), "\(run.output)")
    #expect(run.output.contains("times in all") && run.output.split(separator: "\n").count < 12)
  }

  @Test("the refused block is one of the plug-in's own, by bh_alloc or malloc, with its size and its place")
  func refused() async throws {
    let plugin = try TriedPlugin(
      """
      static void *volatile kept;
      __attribute__((noinline)) static int32_t own(bh_ctx *ctx) {
        kept = malloc(77);
        if (kept == NULL) return bh_fail(ctx, BH_MEMORY, "malloc");
        free(kept);
        return BH_OK;
      }
      static int32_t mixed(bh_ctx *ctx) {
        char text[40];
        if (bh_alloc(ctx, 33) == NULL) return bh_fail(ctx, BH_MEMORY, "bh_alloc");
        bh_logf(ctx, BH_INFO, "%d", bh_checkpoint(ctx));
        bh_progress(ctx, 1, 2, "half");
        (void)text;
        int32_t code = own(ctx);
        return code < 0 ? code : bh_result_i64(ctx, "n", 1);
      }
      """, actions: ["mixed"])
    let reports = try await plugin.run("mixed", (1...3).map { TryRun(failAllocation: $0) })
    guard reports.last?.memory != nil else { return }
    #expect(reports.map(\.ending) == [.returned(-3), .returned(-3), .returned(0)])
    #expect(reports.map(\.message) == ["bh_alloc", "malloc", ""])
    #expect(reports.map { $0.refused?.bytes } == [33, 77, nil])
    #expect(reports.first?.refusedPlace.hasPrefix("mixed (tried-") == true, "\(reports)")
    #expect(reports.dropFirst().first?.refusedPlace.hasPrefix("own (tried-") == true)
    #expect(reports.last?.memory?.allocations == 2, "nothing that the host allocates counts")
    let file = plugin.file
    let run = try await onThread { try CommandRun(["plugin", "run", file, "mixed", "--fail-alloc", "2"]) }
    #expect(run.output.contains("refused  a block of 77 B, asked for by own (tried-"), "\(run.output)")
  }
}
