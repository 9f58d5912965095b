package import DataModel

/// Reads the whole store and says what is not as it should be. Takes long on a large one.
package struct CheckStore: Sendable, Equatable {
  package init() {}
}

/// What a check of a store found.
package struct StoreReport: Sendable, Equatable {
  /// One sentence each: damaged pages first, then rules between tables that are broken. Empty for a store in order.
  package var problems: [String]
  package var schema: Int64
  package var jobs: Int
  package var bytes: Int64

  package init(problems: [String], schema: Int64, jobs: Int, bytes: Int64) {
    self.problems = problems
    self.schema = schema
    self.jobs = jobs
    self.bytes = bytes
  }
}

/// Removes what is older than the site keeps, a bounded number of rows at a time: ask again until `isDone`.
/// Only jobs that have ended go, each as a whole: its spec, outcome, events, log, progress and steps.
package struct PruneHistory: Sendable, Equatable {
  /// Jobs that ended before this go; nil keeps all.
  package var jobsBefore: Milliseconds?
  /// Log lines of jobs that ended before this go; nil keeps them as long as their jobs.
  package var logsBefore: Milliseconds?
  /// Ids of submits from before this are forgotten; nil keeps all.
  package var batchesBefore: Milliseconds?
  /// How long ended jobs are kept, for those who ask where one went; 0: for ever.
  package var keptFor: Milliseconds
  /// About how many rows to remove at most.
  package var rows: Int

  package init(
    jobsBefore: Milliseconds? = nil, logsBefore: Milliseconds? = nil, batchesBefore: Milliseconds? = nil,
    keptFor: Milliseconds = 0, rows: Int = 1000
  ) {
    self.jobsBefore = jobsBefore
    self.logsBefore = logsBefore
    self.batchesBefore = batchesBefore
    self.keptFor = keptFor
    self.rows = rows
  }
}

package struct PruneAnswer: Sendable, Equatable {
  package var jobs: Int
  package var logLines: Int
  /// Nothing is left to remove.
  package var isDone: Bool
  /// The latest end of a job or beginning of a worker that the store knows; 0 in a new one.
  package var newest: Milliseconds

  package init(jobs: Int = 0, logLines: Int = 0, isDone: Bool = true, newest: Milliseconds = 0) {
    self.jobs = jobs
    self.logLines = logLines
    self.isDone = isDone
    self.newest = newest
  }
}

/// Whether a job that is not there once was: ids are never used again, so an id that was given and has no row was
/// removed by age. Answers how long jobs are kept (0: not known), nil when there never was such a job.
package struct FindPrunedJob: Sendable, Equatable {
  package var job: JobID
  package init(job: JobID) { self.job = job }
}

/// Asks the serving process for a whole, checked copy of the store in a new file. Jobs go on meanwhile. Answered by
/// `serve` itself, not by the store.
package struct ServeBackup: Sendable, Equatable {
  /// Absolute, on the machine of the engine; no file may be there.
  package var path: String
  package init(path: String) { self.path = path }
}
