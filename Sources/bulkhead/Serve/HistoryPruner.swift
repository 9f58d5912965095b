import DataModel
import JobEngine
import Storage
import Synchronization
import Threading

/// Removes what is older than the site keeps: a look a minute, in small transactions with as long a pause after each
/// as it took, so that nobody waits for it.
final class HistoryPruner: Sendable {
  private static let periodMilliseconds: Int64 = 60_000

  private let store: any Store
  private let retention: Retention
  private let isOver = Atomic(false)
  private let bell = Bell()
  private let thread = Mutex<OSThread?>(nil)

  init(store: any Store, retention: Retention) {
    self.store = store
    self.retention = retention
  }

  func start() {
    let started = OSThread("bh-prune") { [self] in run() }
    thread.withLock { $0 = started }
  }

  /// Returns when the round under way has stopped.
  func stop() {
    isOver.store(true, ordering: .releasing)
    bell.ring()
    _ = thread.withLock { $0 }?.join()
  }

  private var mustStop: Bool { isOver.load(ordering: .acquiring) }

  private func run() {
    var trust = ClockTrust()
    var isTold = false
    while !mustStop {
      do {
        let newest = try store.perform(PruneHistory(keptFor: retention.jobs)).newest
        let now = WallClock.milliseconds
        let isTrusted = trust.isTrusted(
          wall: now, monotonic: MonotonicClock.nanoseconds / 1_000_000, newest: newest)
        if isTrusted { try prune(now) } else if !isTold { Self.tellOfLeap() }
        isTold = !isTrusted
      } catch {
        if error.code == .closed { return }
        EngineLog.error("cannot remove old jobs, trying again in a minute: \(error)")
      }
      bell.wait(milliseconds: Self.periodMilliseconds)
    }
  }

  private func prune(_ now: Milliseconds) throws(StoreError) {
    let verb = retention.pruning(at: now)
    var (jobs, lines) = (0, 0)
    var isDone = false
    while !isDone, !mustStop {
      let begun = MonotonicClock.nanoseconds
      let answer = try store.perform(verb)
      jobs += answer.jobs
      lines += answer.logLines
      isDone = answer.isDone
      FaultPoint.reach("prune.round")
      if !isDone { bell.wait(milliseconds: max(5, (MonotonicClock.nanoseconds - begun) / 1_000_000)) }
    }
    if jobs + lines > 0 {
      EngineLog.info("removed \(jobs) jobs that ended long ago, and \(lines) log lines")
    }
  }

  private static func tellOfLeap() {
    EngineLog.info(
      "the clock has leapt, or nothing happened here for long: no job is removed by its age for an hour")
  }
}
