import Glibc

/// How a run differs from an ordinary one: for tests and the validator.
package struct RunOptions: Sendable, Equatable {
  /// Raises CANCEL at the n-th cancel point (from 1), so that each can be tried in turn.
  package var cancelAtCheckpoint: Int?
  /// Counts cancel points (`PluginRun.cancelPoints`). Set by itself when `cancelAtCheckpoint` is.
  package var countsCancelPoints: Bool
  /// Refuses the n-th `bh_alloc` (from 1).
  package var failHostAllocation: Int?
  /// Refuses the n-th allocation that the plug-in's code makes by malloc and its kin (from 1). Without effect where
  /// the allocator hooks are not available.
  package var failAllocation: Int?
  /// Measures the time between cancel points (`PluginRun.measures`).
  package var measuresCheckpoints = false

  package init(
    cancelAtCheckpoint: Int? = nil, countsCancelPoints: Bool = false, failHostAllocation: Int? = nil,
    failAllocation: Int? = nil, measuresCheckpoints: Bool = false
  ) {
    self.cancelAtCheckpoint = cancelAtCheckpoint
    self.countsCancelPoints = countsCancelPoints || cancelAtCheckpoint != nil || measuresCheckpoints
    self.failHostAllocation = failHostAllocation
    self.failAllocation = failAllocation
    self.measuresCheckpoints = measuresCheckpoints
  }

  /// What `BULKHEAD_CANCEL_AT` and `BULKHEAD_FAIL_ALLOC` say (numbers), read once: the switches for tests that run a
  /// whole engine.
  package static let fromEnvironment = RunOptions(
    cancelAtCheckpoint: number("BULKHEAD_CANCEL_AT"), failAllocation: number("BULKHEAD_FAIL_ALLOC"))

  private static func number(_ name: String) -> Int? {
    getenv(name).flatMap { Int(String(cString: $0)) }
  }
}
