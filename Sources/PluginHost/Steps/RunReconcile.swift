import CBulkheadPlugin
package import DataModel
import Synchronization

/// What a reconcile entry is told of the lost job, and what it answered.
package struct RunReconcile: Sendable {
  package struct Step: Sendable {
    package var name: String
    package var token: String
    /// Nil: it began, and nobody knows.
    package var result: String?

    package init(name: String, token: String, result: String?) {
      self.name = name
      self.token = token
      self.result = result
    }
  }

  /// The lost job's action.
  package var action: String
  package var reason: String
  package var steps: [Step]
  package var leftBehind: [String]
  /// The newest, if there was one.
  var answer: (kind: UInt32, text: String)?

  package init(action: String, reason: String, steps: [Step], leftBehind: [String]) {
    self.action = action
    self.reason = reason
    self.steps = steps
    self.leftBehind = leftBehind
  }
}

extension PluginRun {
  /// Makes a run that has not begun one of a reconcile entry.
  package func becomeReconcile(_ lost: RunReconcile) { state.withLock { $0.reconcile = lost } }

  /// Whether the reconcile entry has given an answer.
  package var hasAnswered: Bool { state.withLock { $0.reconcile?.answer != nil } }

  /// What a reconcile entry that has ended found out. Only an answer that was given counts: not a code alone, and not
  /// an answer that a failure came after.
  package func reconcileAnswer(_ end: RunEnd) -> ReconcileAnswer {
    if end.stopBits & StopBits.deadline != 0, end.code < 0 {
      return .unknown("it did not end within its deadline" + (end.message.isEmpty ? "" : ": " + end.message))
    }
    if end.code < 0 {
      let name = ReturnCode.name(end.code) ?? "code \(end.code)"
      return .unknown(end.message.isEmpty ? "it failed with \(name), without saying why" : end.message)
    }
    guard let answer = state.withLock({ $0.reconcile?.answer }) else {
      return .unknown("bug: it returned \(end.code) without an answer")
    }
    switch answer.kind {
    case BH_RECONCILE_DONE: return .done(answer.text, result: end.result)
    case BH_RECONCILE_FAILED: return .failed(answer.text)
    default: return .notStarted(answer.text)
    }
  }

  /// The code that the run has ended with: an unknown step outweighs whatever the entry returned.
  func settled(_ code: Int32) -> Int32 {
    state.withLock { $0.steps.isUnknown } && !stop.isFenced ? BH_UNKNOWN : code
  }
}
