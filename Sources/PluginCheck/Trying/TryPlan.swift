/// What a child process is to do with one plug-in file: load it, then run one action again and again, each time
/// under other conditions. The child reads it as JSON; it says a `TryReport` for each run.
package struct TryPlan: Codable, Sendable, Equatable {
  /// Absolute path of the file. The parent opens it; the child loads the bytes that were opened.
  package var file: String
  /// A second version to load beside the first, before anything runs; nil: only one.
  package var secondFile: String?
  package var action: String
  /// Absolute path of a store that is kept between runs; nil: one that is gone afterwards.
  package var store: String?
  /// Asks the reconcile entry of the action about a job of it that is lost, instead of running the action.
  package var reconciles: Bool
  /// In this order, in one process, unless a run ends the process: the rest is then done by the next one.
  package var runs: [TryRun]
  /// Stops the child when a single run takes longer.
  package var runLimitMilliseconds: Int64
  /// A folder that each run is to find as the first one did: what a run makes there is told and removed.
  package var scratch: String?

  package init(
    file: String, secondFile: String? = nil, action: String, reconciles: Bool = false, store: String? = nil,
    runs: [TryRun], runLimitMilliseconds: Int64 = 60_000, scratch: String? = nil
  ) {
    self.scratch = scratch
    self.file = file
    self.secondFile = secondFile
    self.action = action
    self.store = store
    self.reconciles = reconciles
    self.runs = runs
    self.runLimitMilliseconds = runLimitMilliseconds
  }
}

/// One run of the action and the conditions it is put under.
package struct TryRun: Codable, Sendable, Equatable {
  /// The parameters as JSON text, defaults filled in or not: the run takes them as they are.
  package var parameters: String
  /// Raised as the job's deadline after so long; 0: none.
  package var deadlineMilliseconds: Int64
  /// Raises CANCEL after so long; nil: never.
  package var cancelAfterMilliseconds: Int64?
  /// Raises CANCEL at the n-th cancel point, from 1; nil: never.
  package var cancelAtCheckpoint: Int?
  /// Refuses the n-th `bh_alloc` of the run, from 1; nil: none.
  package var failHostAllocation: Int?
  /// Refuses the n-th allocation that the plug-in's own code makes through malloc and its kin, from 1; nil: none.
  package var failAllocation: Int?
  /// Records the longest gap between two cancel points, with the place in the code. Costs a clock read at each.
  package var measuresCheckpoints: Bool

  package init(
    parameters: String = "{}", deadlineMilliseconds: Int64 = 0, cancelAfterMilliseconds: Int64? = nil,
    cancelAtCheckpoint: Int? = nil, failHostAllocation: Int? = nil, failAllocation: Int? = nil,
    measuresCheckpoints: Bool = false
  ) {
    self.parameters = parameters
    self.deadlineMilliseconds = deadlineMilliseconds
    self.cancelAfterMilliseconds = cancelAfterMilliseconds
    self.cancelAtCheckpoint = cancelAtCheckpoint
    self.failHostAllocation = failHostAllocation
    self.failAllocation = failAllocation
    self.measuresCheckpoints = measuresCheckpoints
  }
}
