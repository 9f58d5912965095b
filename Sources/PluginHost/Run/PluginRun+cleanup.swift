import CBulkheadPlugin
import CPluginRuntime
import DataModel
import Synchronization

extension PluginRun {
  /// Runs the clean-up stack, last first, under a fresh stop word and a budget of its own. Gives the texts of what
  /// could not be undone.
  func cleanUp(after code: Int32) -> [String] {
    guard state.withLock({ !$0.cleanups.isEmpty }) else { return [] }
    frame.clearHold()
    let budget = ObjectIdentifier(self)
    DeadlineTimer.shared.schedule(afterMilliseconds: cleanupMilliseconds, owner: budget) { [weak self] in
      self?.raiseInCleanup(BH_STOP_DEADLINE)
    }
    defer { DeadlineTimer.shared.cancel(owner: budget) }
    // Whatever is no success is judged a failure, also a code that the ABI does not have.
    let hasSucceeded = code == BH_OK || code == BH_WARNING
    var leftBehind: [String] = []
    while let entry = state.withLock({ $0.cleanups.pop() }) {
      if entry.onFailOnly && hasSucceeded { continue }
      // The job is not over: what its steps have made is what the next run goes on from.
      if entry.onFailOnly && code == BH_UNKNOWN {
        leftBehind.append(entry.what)
        continue
      }
      if !undo(entry) { leftBehind.append(entry.what) }
    }
    return leftBehind
  }

  /// False when it was not undone: stopped before it began, or said so itself.
  private func undo(_ entry: CleanupStack.Entry) -> Bool {
    let (isStopped, isFenced) = stop.beginCleanupEntry()
    if isStopped || isFenced && entry.onFailOnly { return false }
    let saidBefore = state.withLock { state in
      state.cleanupName = entry.what
      return state.failure.count
    }
    defer { state.withLock { $0.cleanupName = nil } }
    let code = slice { text, capacity in
      bhrt_call_cleanup(entry.call.function, frame.ctx, entry.call.argument, text, capacity)
    }
    frame.clearHold()
    guard code < 0 else { return true }
    if stop.word & BH_STOP_DEADLINE != 0 {
      fail("did not end within the budget of \(cleanupMilliseconds) ms for clean-up", code: code)
    } else if state.withLock({ $0.failure.count }) == saidBefore {
      fail("failed with \(ReturnCode.name(code) ?? "code \(code)")", code: code)
    }
    return false
  }
}
