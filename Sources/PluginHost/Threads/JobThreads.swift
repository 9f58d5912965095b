import CPluginRuntime
import Glibc
import Synchronization
import Threading

/// The threads that run jobs: one OS thread per running job, made on demand up to `limit` and kept.
///
/// Work is never held back by other work while there is room below the limit (see `GrowthRule` for how bursts of
/// short work are still drained by few threads). All calls may come from any thread, except `shutdown`.
/// The pool keeps itself alive until `shutdown`.
package final class JobThreads: Sendable {
  /// Figures for people and tests; each moment's own.
  package struct Counts: Sendable, Equatable {
    /// Threads that count against the limit.
    package var live = 0
    package var idle = 0
    package var queued = 0
    /// Threads that were given up and have not come back.
    package var abandoned = 0
    /// Threads made since the start.
    package var made = 0
  }

  /// A thread that had nothing to do for so long gives its stack's memory back.
  private static let trimNanoseconds: Int64 = 5_000_000_000
  private static let ticksAfterRefusal: Int64 = 1000

  package let limit: Int
  /// An ordinary mutex on purpose: Swift's `Mutex` hands itself over to the thread that waited longest, which costs a
  /// switch of threads per job as soon as two of them meet.
  let state: Threading.Condition<State>
  /// Rises whenever the dispatcher has something to look at.
  let dispatcherWord: SharedWord
  /// Rises whenever a thread has ended.
  let endWord: SharedWord
  private let dispatcher = Mutex<OSThread?>(nil)
  private let cores: Int

  /// `limit`: most jobs at once; see `ThreadLimits` for what the machine allows.
  package init(limit: Int) {
    self.limit = max(limit, 1)
    cores = max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
    state = Threading.Condition(State())
    // Started now, while there are threads to be had: clean-ups depend on it.
    _ = DeadlineTimer.shared
    dispatcherWord = SharedWord()
    endWord = SharedWord()
    let thread = OSThread("bh-dispatch") { [self] in dispatch() }
    dispatcher.withLock { $0 = thread }
  }

  /// Queues work. Does not block, and may be called from within work.
  package func submit(_ works: [JobWork]) {
    guard !works.isEmpty else { return }
    let (woken, more) = state.withLock { state in
      state.queue.append(works)
      return wakeSome(&state)
    }
    for word in woken { bhrt_futex_wake(word.pointer, 1) }
    if more { notifyDispatcher() }
  }

  package func submit(_ work: @escaping JobWork) {
    submit([work])
  }

  /// Gives up on a thread whose work does not come back: it counts no more against the limit, and ends when its
  /// work returns after all. False when that work has returned already.
  @discardableResult
  package func abandon(_ thread: JobThread) -> Bool {
    let done = state.withLock { $0.abandon(thread) }
    if done { notifyDispatcher() }
    return done
  }

  package var counts: Counts {
    state.withLock { state in
      var counts = state.counts
      counts.idle = state.idle.count
      counts.queued = state.queue.count
      return counts
    }
  }

  /// Why the system last refused a thread, nil when it never did. The work waits for the threads there are.
  package var lastRefusal: HostError? {
    state.withLock { $0.lastRefusal }
  }

  /// Lets the queue run empty, ends all threads and gives their memory back. Blocks until then; abandoned
  /// threads are left behind with their stacks. Nothing may be submitted any more. Never from a job thread.
  package func shutdown() {
    let words = state.withLock { $0.stop() }
    for word in words { bhrt_futex_wake(word.pointer, 1) }
    notifyDispatcher()
    dispatcher.withLock { thread in
      thread?.join()
      thread = nil
    }
    while true {
      let seen = endWord.load()
      let (ended, left) = state.withLock { ($0.takeEnded(), $0.counts.live) }
      for (thread, memory) in ended {
        thread.join()
        memory.unmap()
      }
      if left == 0 { return }
      endWord.wait(while: seen, until: BHRT_FOREVER)
    }
  }

  /// Wakes sleeping threads for new work, at most one per core at a time: if the work is short they will do, and
  /// if it is not the dispatcher sees it. Gives the words to wake outside the lock, and whether work is left over.
  private func wakeSome(_ state: inout State) -> ([SlotWord], Bool) {
    var woken: [SlotWord] = []
    while state.coming < min(cores, state.queue.count), let word = state.wakeOne() { woken.append(word) }
    return (woken, state.queue.count > state.coming)
  }

  private func notifyDispatcher() {
    dispatcherWord.raise()
  }
}

// MARK: The dispatcher's thread

extension JobThreads {
  private func dispatch() {
    var rule = GrowthRule()
    let pause = SharedWord()  // never raised: a tick is a tick, however much is submitted meanwhile
    while true {
      let seen = dispatcherWord.load()
      reap()
      let (facts, isStopping) = state.withLock { ($0.facts(limit: limit, cores: cores), $0.isStopping) }
      var ticks: Int64 = 1
      switch rule.step(facts, isComputing: newestIsComputing) {
      case .rest:
        if isStopping && facts.queued == 0 { return }
        dispatcherWord.wait(while: seen, until: BHRT_FOREVER)
        continue
      case .wait: break
      case .add(let count):
        // Asking again at once would only load a machine that has just said no.
        if !(0..<count).allSatisfy({ _ in addThread() }) { ticks = Self.ticksAfterRefusal }
      }
      pause.wait(while: 0, until: bhrt_now_ns() + ticks * GrowthRule.tickNanoseconds)
    }
  }

  /// Wakes one sleeping thread, or makes one. False when the system gave none.
  private func addThread() -> Bool {
    let (word, slot) = state.withLock { state in
      let word = state.wakeOne()
      return (word, word == nil ? state.reserveSlot(limit: limit) : nil)
    }
    if let word { bhrt_futex_wake(word.pointer, 1) }
    guard let slot else { return true }
    do throws(HostError) {
      let memory = try SlotMemory()
      state.withLock { $0.slots[slot].memory = memory }
      let thread = try SlotThread(name: "bh-job-\(slot)", memory: memory) { [self] in serve(slot, memory)
      }
      state.withLock { $0.slots[slot].thread = thread }
      return true
    } catch {
      let memory = state.withLock { $0.dropSlot(slot, because: error) }
      memory?.unmap()
      return false
    }
  }

  /// Whether the thread that took work last is on a core or waits for one, as the kernel says.
  private func newestIsComputing() -> Bool {
    guard let thread = state.withLock({ $0.newest }) else { return false }
    return bhrt_thread_state(thread) == CChar(UInt8(ascii: "R"))
  }

  /// Joins the threads that have ended and gives their memory back.
  private func reap() {
    for (thread, memory) in state.withLock({ $0.takeEnded() }) {
      thread.join()
      memory.unmap()
    }
  }
}

// MARK: A job thread

extension JobThreads {
  private func serve(_ slot: Int, _ memory: SlotMemory) {
    memory.adopt()
    state.withLock { $0.coming -= 1 }
    while true {
      switch state.withLock({ $0.next(slot) }) {
      case .work(let work, let thread):
        memory.record.pointee.work = thread
        work()
      case .sleep:
        rest(memory)
        state.withLock { $0.coming -= 1 }
      case .end:
        endWord.raise()
        dispatcherWord.raise()
        return
      }
    }
  }

  /// Sleeps until the slot's word is set. After some seconds the stack's pages go back to the kernel, once.
  private func rest(_ memory: SlotMemory) {
    var deadline = bhrt_now_ns() + Self.trimNanoseconds
    while bhrt_load_u32(memory.wakeWord) == 0 {
      let code = bhrt_futex_wait_until(memory.wakeWord, 0, deadline)
      if code == -ETIMEDOUT {
        bhrt_trim_stack(memory.stackLow)
        deadline = BHRT_FOREVER
      }
    }
  }
}
