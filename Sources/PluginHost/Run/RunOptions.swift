import Glibc

/// How a run differs from an ordinary one: for tests and the validator.
package struct RunOptions: Sendable, Equatable {
  /// Raises CANCEL at the n-th cancel point (from 1), so that each can be tried in turn.
  package var cancelAtCheckpoint: Int?
  /// Counts cancel points (`PluginRun.cancelPoints`). Set by itself when `cancelAtCheckpoint` is.
  package var countsCancelPoints: Bool

  package init(cancelAtCheckpoint: Int? = nil, countsCancelPoints: Bool = false) {
    self.cancelAtCheckpoint = cancelAtCheckpoint
    self.countsCancelPoints = countsCancelPoints || cancelAtCheckpoint != nil
  }

  /// What `BULKHEAD_CANCEL_AT` says (a number), read once: the switch for tests that run a whole engine.
  package static let fromEnvironment: RunOptions = {
    let text = getenv("BULKHEAD_CANCEL_AT").map { String(cString: $0) }
    return RunOptions(cancelAtCheckpoint: text.flatMap { Int($0) })
  }()
}
