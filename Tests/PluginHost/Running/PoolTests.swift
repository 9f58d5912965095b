import DataModel
import Dispatch
import Synchronization
import TestSupport
import Testing
import Threading

@testable import PluginHost

@Suite("Job threads", .serialized)
struct PoolTests {
  /// Counts arrivals, and lets a test wait for them and hold them.
  final class Gate: Sendable {
    struct State {
      var arrived = 0
      var isOpen = false
    }
    let state = Threading.Condition(State())

    func arrive() { state.update { $0.arrived += 1 } }

    /// Arrives and stays until the gate opens.
    func stay() {
      arrive()
      _ = state.wait(milliseconds: RecordingContext.patience) { $0.isOpen ? true : nil }
    }

    func open() { state.update { $0.isOpen = true } }

    /// Waits for so many arrivals.
    func wait(_ count: Int) -> Bool {
      state.wait(milliseconds: RecordingContext.patience) { $0.arrived >= count ? true : nil } ?? false
    }
  }

  @Test("work that blocks gets a thread each, and holds nobody back below the limit")
  func blocked() async throws {
    try await onThread {
      let threads = JobThreads(limit: 64)
      let (blocked, free) = (Gate(), Gate())
      for _ in 0..<40 { threads.submit { blocked.stay() } }
      #expect(blocked.wait(40))
      threads.submit { free.arrive() }
      #expect(free.wait(1))
      #expect(threads.counts.live >= 40 && threads.counts.live <= 64)
      blocked.open()
      threads.shutdown()
      #expect(threads.counts == JobThreads.Counts(made: threads.counts.made))
    }
  }

  @Test("a burst of 20,000 jobs that do nothing is drained by few threads")
  func burst() async throws {
    try await onThread {
      let threads = JobThreads(limit: 30_000)
      let done = Gate()
      let left = Atomic20k()
      threads.submit((0..<20_000).map { _ in { if left.countDown() { done.arrive() } } })
      #expect(done.wait(1))
      #expect(threads.counts.made < 500, "\(threads.counts)")
      threads.shutdown()
    }
  }

  @Test("no more threads than the limit run at once, and all work is done")
  func limit() async throws {
    try await onThread {
      let threads = JobThreads(limit: 8)
      let running = Mutex((now: 0, most: 0))
      let gate = Gate()
      let all = Gate()
      for _ in 0..<50 {
        threads.submit {
          running.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
          }
          gate.stay()
          running.withLock { $0.now -= 1 }
          all.arrive()
        }
      }
      #expect(gate.wait(8))
      #expect(threads.counts.live == 8 && threads.counts.queued == 42)
      gate.open()
      #expect(all.wait(50))
      #expect(running.withLock { $0.most } == 8)
      threads.shutdown()
      #expect(threads.counts.made == 8)
    }
  }

  @Test("a thread that is given up counts no more, and ends when it comes back")
  func abandon() async throws {
    try await onThread {
      let threads = JobThreads(limit: 2)
      let (stuck, next) = (Gate(), Gate())
      let names = Mutex<[JobThread]>([])
      for _ in 0..<2 {
        threads.submit {
          if let thread = JobThread.current { names.withLock { $0.append(thread) } }
          stuck.stay()
        }
      }
      #expect(stuck.wait(2))
      threads.submit { next.arrive() }
      #expect(threads.counts.queued == 1)
      let thread = try #require(names.withLock { $0.first })
      #expect(threads.abandon(thread))
      #expect(!threads.abandon(thread))
      #expect(next.wait(1))
      #expect(threads.counts.abandoned == 1 && threads.counts.live == 2)
      stuck.open()
      let back = Gate()
      threads.submit { back.arrive() }
      #expect(back.wait(1))
      #expect(!threads.abandon(thread))
      threads.shutdown()
      #expect(JobThread.current == nil)
    }
  }

  @Test("a thread that the system refuses is no thread: the place is free again, and the reason is kept")
  func refused() throws {
    var state = JobThreads.State()
    let (reserved, beyond) = (state.reserveSlot(limit: 1), state.reserveSlot(limit: 1))
    let slot = try #require(reserved)
    #expect(beyond == nil && state.counts.live == 1 && state.coming == 1)
    let refusal = HostError(code: -14, message: "no job thread could be started")
    let memory = state.dropSlot(slot, because: refusal)
    #expect(memory == nil)
    #expect(state.counts == JobThreads.Counts() && state.coming == 0 && state.lastRefusal == refusal)
    let again = state.reserveSlot(limit: 1)
    #expect(again == slot)
  }

  @Test("work may submit work, and shutdown does all that was submitted")
  func shutdown() async throws {
    try await onThread {
      let threads = JobThreads(limit: 3)
      let done = Gate()
      for _ in 0..<100 {
        threads.submit { threads.submit { done.arrive() } }
      }
      #expect(done.wait(100))
      for _ in 0..<50 { threads.submit { done.arrive() } }
      threads.shutdown()
      #expect(done.wait(150))
      #expect(threads.counts.live == 0 && threads.counts.queued == 0)
    }
  }

  @Test("1,000 jobs at once sleep, and all wake when they are cancelled")
  func thousand() async throws {
    let plugin = try StopTests.plugin.get()
    try await onThread {
      let threads = JobThreads(limit: 1000)
      let ended = Gate()
      let codes = Mutex<[Int32: Int]>([:])
      let context = RecordingContext()
      var runs: [PluginRun] = []
      for _ in 0..<1000 { runs.append(try plugin.run("sleeps", context)) }
      threads.submit(
        runs.map { run in
          {
            let end = run.execute()
            codes.withLock { $0[end.code, default: 0] += 1 }
            ended.arrive()
          }
        })
      let ready = context.told.wait(milliseconds: RecordingContext.patience) {
        $0.lines.count == 1000 ? true : nil
      }
      #expect(ready == true)
      #expect(threads.counts.live == 1000 && threads.counts.idle == 0)
      for run in runs { run.raise(StopBits.cancel) }
      #expect(ended.wait(1000))
      #expect(codes.withLock { $0 } == [ReturnCode.cancelled: 1000])
      threads.shutdown()
    }
  }

  @Test("a run knows the pool's thread that it has, for as long as it has it")
  func thread() async throws {
    let plugin = try StopTests.plugin.get()
    try await onThread {
      let threads = JobThreads(limit: 4)
      let context = RecordingContext()
      let run = try plugin.run("sleeps", context)
      let ended = Gate()
      #expect(run.thread == nil)
      threads.submit {
        _ = run.execute()
        ended.arrive()
      }
      #expect(context.wait(for: "ready"))
      #expect(threads.abandon(try #require(run.thread)))
      run.raise(StopBits.cancel)
      #expect(ended.wait(1))
      #expect(run.thread == nil)
      threads.shutdown()
    }
  }
}

/// Says once when 20,000 have come by.
final class Atomic20k: Sendable {
  private let left = Atomic(20_000)
  func countDown() -> Bool { left.subtract(1, ordering: .relaxed).newValue == 0 }
}

@Suite("When the pool grows")
struct GrowthTests {
  private func step(
    _ rule: inout GrowthRule, queued: Int, idle: Int = 0, coming: Int = 0, live: Int, limit: Int = 1000,
    returned: UInt64 = 0, isComputing: Bool = false
  ) -> GrowthRule.Step {
    let facts = GrowthRule.Facts(
      queued: queued, idle: idle, coming: coming, live: live, limit: limit, cores: 2, returned: returned)
    return rule.step(facts) { isComputing }
  }

  @Test("nothing waits, or nothing can be added: rest")
  func rest() {
    var rule = GrowthRule()
    #expect(step(&rule, queued: 0, live: 5) == .rest)
    #expect(step(&rule, queued: 9, live: 8, limit: 8) == .rest)
    #expect(step(&rule, queued: 9, live: 9, limit: 8) == .rest)
  }

  @Test("a core without work gets a thread at once")
  func cores() {
    var rule = GrowthRule()
    #expect(step(&rule, queued: 9, live: 0) == .add(2))
    #expect(step(&rule, queued: 1, live: 0) == .add(1))
    #expect(step(&rule, queued: 9, idle: 3, live: 4) == .add(1))
  }

  @Test("while nothing returns the batch doubles; threads on their way are waited for")
  func blocked() {
    var rule = GrowthRule()
    var live = 2
    var added: [Int] = []
    while live < 200 {
      guard case .add(let count) = step(&rule, queued: 500 - live, live: live) else { break }
      added.append(count)
      live += count
      #expect(step(&rule, queued: 500 - live, coming: 1, live: live) == .wait)
    }
    #expect(added == [1, 2, 4, 8, 16, 32, 64, 64, 64])
  }

  @Test("while the queue is drained in time nobody is added; a slow flow gets one thread a tick")
  func flow() {
    var rule = GrowthRule()
    #expect(step(&rule, queued: 20_000, live: 2, returned: 100) == .wait)
    #expect(step(&rule, queued: 19_900, live: 2, returned: 200) == .wait)
    #expect(step(&rule, queued: 19_900, live: 2, returned: 202) == .add(1))
    #expect(step(&rule, queued: 19_890, live: 3, returned: 203) == .add(1))
    #expect(step(&rule, queued: 100, live: 3, returned: 204) == .wait)
  }

  @Test("no more is added than waits or fits")
  func bounds() {
    var rule = GrowthRule()
    for _ in 0..<10 { _ = step(&rule, queued: 500, live: 20) }
    #expect(step(&rule, queued: 3, live: 20) == .add(3))
    #expect(step(&rule, queued: 500, idle: 2, live: 999) == .add(3))
  }

  @Test("while the newest work computes, threads come one by one")
  func computing() {
    var rule = GrowthRule()
    for live in 2..<20 {
      #expect(step(&rule, queued: 500, live: live, isComputing: true) == .add(1))
    }
    #expect(step(&rule, queued: 500, live: 20) == .add(1))
    #expect(step(&rule, queued: 500, live: 21) == .add(2))
    #expect(step(&rule, queued: 500, live: 23, isComputing: true) == .add(1))
  }
}
