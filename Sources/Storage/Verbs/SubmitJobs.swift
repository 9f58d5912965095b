package import DataModel

/// Makes jobs. Answers their ids in order; the same batch id answers the same ids again for a day at
/// least, until `PruneHistory` forgets it.
package struct SubmitJobs: Sendable, Equatable {
  /// 16 random bytes made by the client.
  package var batchID: [UInt8]
  package var jobs: [JobRequest]

  package init(batchID: [UInt8], jobs: [JobRequest]) {
    self.batchID = batchID
    self.jobs = jobs
  }
}

/// One job that is wanted. The policies were copied from the manifest that its parameters were checked with.
package struct JobRequest: Sendable, Equatable {
  package var kind: JobKind
  /// JSON object text, defaults filled in.
  package var params: String
  package var repeatRule: RepeatRule
  /// From its start; 0: none.
  package var deadlineMilliseconds: Int64
  /// Budget of its clean-up.
  package var cleanupMilliseconds: Int64
  /// How long it may go on after it was asked to stop before it is a zombie.
  package var graceMilliseconds: Int64

  package init(
    kind: JobKind, params: String = "{}", repeatRule: RepeatRule = .never, deadlineMilliseconds: Int64 = 0,
    cleanupMilliseconds: Int64 = 60_000, graceMilliseconds: Int64 = 30_000
  ) {
    self.kind = kind
    self.params = params
    self.repeatRule = repeatRule
    self.deadlineMilliseconds = deadlineMilliseconds
    self.cleanupMilliseconds = cleanupMilliseconds
    self.graceMilliseconds = graceMilliseconds
  }
}

/// Asks a job to stop. One that has not started ends at once; a running one is told by its worker.
package struct RequestCancel: Sendable, Equatable {
  package var job: JobID
  package init(job: JobID) { self.job = job }
}

package enum CancelAnswer: Sendable, Equatable {
  case notFound
  /// It had ended before.
  case alreadyEnded(Outcome)
  /// It had not started, and has ended now.
  case cancelled
  /// It was told to stop; it runs its clean-up and ends.
  case cancelling
  /// Its worker is gone (`lost`) or it did not stop in time (`zombie`): a cancel changes nothing.
  case unreachable(JobState)
}
