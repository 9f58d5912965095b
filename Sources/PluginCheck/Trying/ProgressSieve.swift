import Synchronization
import Threading

/// Sees every progress report of a run and lets through as many as somebody could read: a plug-in may report a
/// million times.
final class ProgressSieve: Sendable {
  private struct State {
    var count = 0
    var fault: String?
    var last: (done: UInt64, total: UInt64) = (0, 0)
    /// Of `MonotonicClock`.
    var nextTime: Int64 = 0
  }

  private static let intervalNanoseconds: Int64 = 50_000_000
  private let state = Mutex(State())

  /// Whether the report is to be passed on: the first, the last of a total, and some between.
  func takes(done: UInt64, total: UInt64) -> Bool {
    state.withLock { state in
      state.count += 1
      if state.fault == nil {
        if total > 0, done > total {
          state.fault = "went beyond its total: \(done) of \(total)"
        } else if total == state.last.total, done < state.last.done {
          state.fault = "went back from \(state.last.done) to \(done)"
        }
      }
      state.last = (done, total)
      let now = MonotonicClock.nanoseconds
      guard now >= state.nextTime || (total > 0 && done == total) else { return false }
      state.nextTime = now + Self.intervalNanoseconds
      return true
    }
  }

  /// How many there were, and what was wrong with one.
  var seen: (count: Int, fault: String?) { state.withLock { ($0.count, $0.fault) } }
}
