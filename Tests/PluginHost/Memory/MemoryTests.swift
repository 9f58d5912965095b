import CBulkheadPlugin
import DataModel
import TestSupport
import Testing

@testable import PluginHost

/// What the allocator hooks count. The process of the tests has them as the command has.
@Suite("What a job allocates")
struct MemoryTests {
  private static let plugin = Result {
    try InlinePlugin(AllocatingPlugin.source, actions: AllocatingPlugin.actions)
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

  @Test(
    "hooks are there in the processes of this product",
    .disabled(if: Sanitizer.isThere, "a build with a sanitizer leaves them out"))
  func available() async throws {
    #expect(try await memory("none") != nil, "memory of jobs is unavailable in this process")
  }
}
