package import DataModel

/// Commits that a step begins, or answers what is recorded of it. Asking twice under one fence answers the same.
package struct BeginStep: Sendable, Equatable {
  package var run: JobRun
  package var name: String

  package init(run: JobRun, name: String) {
    self.run = run
    self.name = name
  }
}

package enum BeginStepAnswer: Sendable, Equatable {
  /// It begins with this run: to be done.
  case fresh
  /// An earlier run began it, and its result is not known.
  case begun
  case done(result: String)
  /// The run no longer owns the job.
  case fenced
  /// The job has as many steps as one may have.
  case full
}

/// Records what a step of this run came to. Recording the same twice changes nothing.
package struct EndStep: Sendable, Equatable {
  package var run: JobRun
  package var name: String
  package var result: String

  package init(run: JobRun, name: String, result: String) {
    self.run = run
    self.name = name
    self.result = result
  }
}

/// A job's steps in the order in which they began.
package struct ListSteps: Sendable, Equatable {
  package var job: JobID
  package init(job: JobID) { self.job = job }
}

package struct StepRow: Sendable, Equatable {
  package var name: String
  /// What the other side was told of it.
  package var token: String
  /// Nil: it began, and what came of it is not known.
  package var result: String?
  package var begunAt: Milliseconds
  package var doneAt: Milliseconds?

  package init(
    name: String, token: String, result: String?, begunAt: Milliseconds, doneAt: Milliseconds?
  ) {
    self.name = name
    self.token = token
    self.result = result
    self.begunAt = begunAt
    self.doneAt = doneAt
  }

  package var stateName: String { result == nil ? "begun" : "done" }
}
