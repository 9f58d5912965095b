import CBulkheadPlugin
import DataModel
import TestSupport
import Testing

@testable import PluginHost

/// What the allocator hooks count. The process of the tests has them as the command has.
@Suite("What a job allocates")
struct MemoryTests {
  private static let plugin = Result {
    try InlinePlugin(
      """
      #define _GNU_SOURCE
      #include <malloc.h>
      #include <pthread.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <errno.h>
      /* The compiler may not take pairs of malloc and free away. */
      static void *volatile keep;
      static void *made(void *block) { keep = block; return keep; }

      static int32_t none(bh_ctx *ctx) { return bh_checkpoint(ctx); }

      static int32_t balanced(bh_ctx *ctx) {
        (void)ctx;
        for (int i = 1; i <= 1000; i++) free(made(malloc((size_t)i)));
        return BH_OK;
      }

      static int32_t leaky(bh_ctx *ctx) {
        (void)ctx;
        made(malloc(100));
        made(calloc(10, 20));
        free(made(malloc(5000)));
        return BH_OK;
      }

      static int32_t every_sort(bh_ctx *ctx) {
        void *aligned = NULL;
        char *text = NULL;
        void *blocks[8];
        int count = 0;
        blocks[count++] = made(malloc(0));
        blocks[count++] = made(calloc(3, 7));
        blocks[count++] = made(realloc(NULL, 10));
        blocks[0] = realloc(blocks[0], 100000);
        blocks[1] = reallocarray(blocks[1], 5, 5);
        if (posix_memalign(&aligned, 4096, 100) != 0 || (uintptr_t)aligned % 4096 != 0) return BH_BUG;
        blocks[count++] = aligned;
        blocks[count++] = made(aligned_alloc(64, 128));
        blocks[count++] = made(memalign(256, 1));
        blocks[count++] = made(strdup("a text"));
        if (asprintf(&text, "%d and %d", 1, 2) < 0) return BH_BUG;
        blocks[count++] = text;
        for (int i = 0; i < count; i++) {
          if (blocks[i] == NULL) return BH_BUG;
          size_t room = malloc_usable_size(blocks[i]);
          memset(blocks[i], 0xA5, room);
        }
        for (int i = 0; i < count; i++) free(blocks[i]);
        free(made(realloc(made(malloc(10)), 1 << 21)));
        if (posix_memalign(&aligned, 3, 8) != EINVAL) return BH_BUG;
        if (made(malloc(SIZE_MAX - 8)) != NULL || errno != ENOMEM) return BH_BUG;
        if (made(calloc(SIZE_MAX / 2, 4)) != NULL) return BH_BUG;
        return bh_result_i64(ctx, "count", count);
      }

      static int32_t of_the_host(bh_ctx *ctx) {
        void *early = bh_alloc(ctx, 1000);
        bh_alloc(ctx, 3000);
        bh_free(ctx, early);
        for (int i = 0; i < 100; i++) bh_log(ctx, BH_INFO, "the host copies this text, and that is not ours");
        bh_result_i64(ctx, "n", 1);
        return BH_OK;
      }

      static void *thread(void *size) {
        free(made(malloc(10)));
        return malloc((size_t)size);
      }
      static int32_t threads(bh_ctx *ctx) {
        (void)ctx;
        pthread_t ids[4];
        void *block;
        for (int i = 0; i < 4; i++)
          if (pthread_create(&ids[i], NULL, thread, (void *)(size_t)(1000 + i)) != 0) return BH_BUG;
        for (int i = 0; i < 4; i++) {
          pthread_join(ids[i], &block);
          if (i > 0) free(block);
        }
        return BH_OK;
      }

      static void *parcel;
      static int32_t send(bh_ctx *ctx) { (void)ctx; parcel = malloc(777); return BH_OK; }
      static int32_t take(bh_ctx *ctx) { (void)ctx; free(parcel); free(made(malloc(5))); return BH_OK; }

      static int32_t undone(bh_ctx *ctx, void *block) { (void)ctx; free(block); made(malloc(9)); return BH_OK; }
      static int32_t cleans(bh_ctx *ctx) {
        bh_cleanup(ctx, BH_ALWAYS, "the block", undone, malloc(50));
        return BH_OK;
      }

      static int32_t tries(bh_ctx *ctx) {
        int64_t got = 0;
        for (int i = 0; i < 5; i++) {
          errno = 0;
          void *block = made(malloc(10));
          if (block != NULL) got |= 1 << i;
          else if (errno != ENOMEM) return BH_BUG;
          free(block);
        }
        return bh_result_i64(ctx, "got", got);
      }
      """,
      actions: [
        "none", "balanced", "leaky", "every_sort", "of_the_host", "threads", "send", "take", "cleans",
        "tries",
      ])
  }

  /// What a run of an action used; nil where the hooks are not available (sanitizers, valgrind): then there is
  /// nothing to hold them to.
  private func memory(_ action: String, options: RunOptions = RunOptions(), code: Int32 = 0) async throws
    -> MemoryUsage?
  {
    let end = try await execute(try Self.plugin.get().run(action, options: options))
    #expect(end.code == code, "\(end.message)")
    return end.usage.memory
  }

  @Test("a run that allocates nothing has used nothing")
  func none() async throws {
    guard let memory = try await memory("none") else { return }
    #expect(memory == MemoryUsage())
  }

  @Test("every block is counted by what was asked for, and is gone when it was freed")
  func balanced() async throws {
    guard let memory = try await memory("balanced") else { return }
    #expect(
      memory
        == MemoryUsage(
          allocations: 1000, allocatedBytes: 500_500, peakBytes: 1000, liveBytes: 0, liveBlocks: 0))
  }

  @Test("what is not freed is left, and the peak is the most at one time")
  func leaky() async throws {
    guard let memory = try await memory("leaky") else { return }
    #expect(
      memory
        == MemoryUsage(allocations: 3, allocatedBytes: 5300, peakBytes: 5300, liveBytes: 300, liveBlocks: 2))
  }

  @Test("all functions that allocate work as before, are counted, and balance")
  func everySort() async throws {
    guard let memory = try await memory("every_sort") else { return }
    #expect(memory.liveBytes == 0 && memory.liveBlocks == 0)
    #expect(memory.allocations >= 12)
    #expect(memory.peakBytes >= 1 << 21)
  }

  @Test("blocks of bh_alloc count and are no leaks; what the host allocates for itself does not count")
  func host() async throws {
    guard let memory = try await memory("of_the_host") else { return }
    #expect(
      memory
        == MemoryUsage(allocations: 2, allocatedBytes: 4000, peakBytes: 4000, liveBytes: 0, liveBlocks: 0))
  }

  @Test("threads that the plug-in starts work for its job")
  func threads() async throws {
    guard let memory = try await memory("threads") else { return }
    #expect(memory.allocations == 8 && memory.allocatedBytes == 4046)
    #expect(memory.liveBytes == 1000 && memory.liveBlocks == 1)
    #expect(memory.peakBytes >= 1003 && memory.peakBytes <= 4046)
  }

  @Test("a block that another job frees is not charged to that one")
  func parcel() async throws {
    guard let sent = try await memory("send"), let taken = try await memory("take") else { return }
    #expect(sent.liveBytes == 777)
    #expect(
      taken == MemoryUsage(allocations: 1, allocatedBytes: 5, peakBytes: 5, liveBytes: 0, liveBlocks: 0))
  }

  @Test("the clean-up belongs to the run")
  func cleanup() async throws {
    guard let memory = try await memory("cleans") else { return }
    #expect(
      memory == MemoryUsage(allocations: 2, allocatedBytes: 59, peakBytes: 50, liveBytes: 9, liveBlocks: 1))
  }

  @Test("the n-th allocation of a run can be refused", arguments: 1...5)
  func refused(number: Int) async throws {
    let options = RunOptions(failAllocation: number)
    let end = try await execute(try Self.plugin.get().run("tries", options: options))
    guard end.usage.memory != nil else { return }
    #expect(try numbers(end) == ["got": 31 & ~Int64(1 << (number - 1))])
  }

  @Test("operator new throws when it is refused, and exceptions do not unbalance the account")
  func cPlusPlus() async throws {
    let plugin = try InlinePlugin(
      """
      #include <new>
      #include <string>
      #include <vector>
      extern "C" int32_t strings(bh_ctx *ctx) {
        try {
          std::vector<std::string> all;
          for (int i = 0; i < 100; i++) all.push_back(std::string(100 + i, 'x'));
        } catch (const std::bad_alloc &) {
          return bh_fail(ctx, BH_MEMORY, "refused");
        }
        return BH_OK;
      }
      """, actions: ["strings"], compiler: "c++")
    let whole = try await execute(try plugin.run("strings"))
    let refused = try await execute(try plugin.run("strings", options: RunOptions(failAllocation: 50)))
    guard let memory = whole.usage.memory else { return }
    #expect(whole.code == 0 && memory.liveBlocks == 0 && memory.allocations >= 100)
    #expect(refused.code == -3 && refused.usage.memory?.liveBlocks == 0)
  }

  @Test("the accounts of jobs at once do not mix")
  func atOnce() async throws {
    try await withThrowingTaskGroup(of: MemoryUsage?.self) { group in
      for _ in 0..<16 { group.addTask { try await memory("leaky") } }
      for try await memory in group where memory != nil {
        #expect(memory?.liveBytes == 300 && memory?.allocations == 3)
      }
    }
  }

  @Test("hooks are there in the processes of this product")
  func available() async throws {
    // A build with a sanitizer leaves them out, and says so here.
    #expect(try await memory("none") != nil, "memory of jobs is unavailable in this process")
  }
}
