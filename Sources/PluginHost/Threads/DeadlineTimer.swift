import CPluginRuntime
import Synchronization
import Threading

/// One thread that does things at their time, for all runs: deadlines, grace times, budgets. So no run reads a clock.
///
/// The clock is CLOCK_MONOTONIC: it is what the kernel's futex can wait on, it does not jump when somebody sets the
/// time, and it stands still while the machine is suspended (CLOCK_BOOTTIME goes on), so that a machine which wakes
/// up does not end all its jobs for time in which they could not work.
///
/// All calls may come from any thread. Actions run one after the other on the timer's thread and must be short.
package final class DeadlineTimer: Sendable {
  /// The process's timer.
  package static let shared = DeadlineTimer()

  private struct State {
    var queue = DeadlineQueue()
    var isStopping = false
  }

  private let state = Mutex(State())
  private let word = SharedWord()

  /// Starts the timer's thread.
  package init() {
    OSThread("bh-deadlines") { [self] in run() }
  }

  /// Does `action` after so many milliseconds, unless its owner's entries are cancelled before.
  package func schedule(
    afterMilliseconds milliseconds: Int64, owner: ObjectIdentifier, _ action: @escaping @Sendable () -> Void
  ) {
    // 100 years: far enough, and no overflow.
    let milliseconds = min(max(milliseconds, 0), 100 * 365 * 86_400_000)
    let time = bhrt_now_ns() + milliseconds * 1_000_000
    let isNext = state.withLock { state in
      defer { state.queue.add(at: time, owner: owner, action) }
      return state.queue.nextTime.map { time < $0 } ?? true
    }
    if isNext { word.raise() }
  }

  /// Forgets what the owner has scheduled. An action that is just being done goes on.
  package func cancel(owner: ObjectIdentifier) {
    state.withLock { $0.queue.remove(owner: owner) }
  }

  /// Entries that wait.
  package var count: Int { state.withLock { $0.queue.count } }

  /// Ends the thread; nothing more is done. For timers other than `shared`.
  package func shutdown() {
    state.withLock { $0.isStopping = true }
    word.raise()
  }

  private func run() {
    while true {
      let seen = word.load()
      let now = bhrt_now_ns()
      let (due, next, isOver) = state.withLock { state in
        (state.queue.takeDue(now: now), state.queue.nextTime, state.isStopping)
      }
      if isOver { return }
      for action in due { action() }
      if due.isEmpty { word.wait(while: seen, until: next ?? BHRT_FOREVER) }
    }
  }
}
