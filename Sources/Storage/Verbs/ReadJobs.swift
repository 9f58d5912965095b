package import DataModel

/// All that the store knows of one job, or nil.
package struct GetJob: Sendable, Equatable {
  package var job: JobID
  package init(job: JobID) { self.job = job }
}

/// Jobs, newest first.
package struct ListJobs: Sendable, Equatable {
  /// Only these states (names of JobState and Outcome); empty: all.
  package var states: [String]
  package var kind: JobKind?
  /// Only jobs with a lower id; 0: from the newest. For paging.
  package var before: JobID
  package var limit: Int

  package init(states: [String] = [], kind: JobKind? = nil, before: JobID = JobID(0), limit: Int = 50) {
    self.states = states
    self.kind = kind
    self.before = before
    self.limit = limit
  }
}

/// A job's events with an id above `after`, oldest first.
package struct ListEvents: Sendable, Equatable {
  package var job: JobID
  package var after: Int64
  package var limit: Int

  package init(job: JobID, after: Int64 = 0, limit: Int = 1000) {
    self.job = job
    self.after = after
    self.limit = limit
  }
}

/// A job's log lines with an id above `after`, oldest first.
package struct ListLogLines: Sendable, Equatable {
  package var job: JobID
  package var after: Int64
  package var limit: Int

  package init(job: JobID, after: Int64 = 0, limit: Int = 1000) {
    self.job = job
    self.after = after
    self.limit = limit
  }
}

/// How many jobs stand where: by name of state and outcome. Kept as counters, never counted.
package struct CountJobs: Sendable, Equatable {
  package init() {}
}

/// A job as `jobs show` tells it.
package struct JobRow: Sendable, Equatable {
  package var id: JobID
  package var kind: JobKind
  package var params: String
  package var repeatRule: RepeatRule
  package var deadlineMilliseconds: Int64
  package var submittedAt: Milliseconds
  package var status: JobStatus
  package var fence: Fence
  package var attempt: Int
  package var node: NodeID?
  package var startedAt: Milliseconds?
  package var cancelRequested: Bool
  package var progress: JobProgress?
  /// The reason of its newest event.
  package var reason: ReasonCode

  package init(
    id: JobID, kind: JobKind, params: String, repeatRule: RepeatRule, deadlineMilliseconds: Int64,
    submittedAt: Milliseconds, status: JobStatus, fence: Fence, attempt: Int, node: NodeID?,
    startedAt: Milliseconds?, cancelRequested: Bool, progress: JobProgress?, reason: ReasonCode
  ) {
    self.id = id
    self.kind = kind
    self.params = params
    self.repeatRule = repeatRule
    self.deadlineMilliseconds = deadlineMilliseconds
    self.submittedAt = submittedAt
    self.status = status
    self.fence = fence
    self.attempt = attempt
    self.node = node
    self.startedAt = startedAt
    self.cancelRequested = cancelRequested
    self.progress = progress
    self.reason = reason
  }
}

package enum JobStatus: Sendable, Equatable {
  case live(JobState)
  case ended(JobEnd)

  package var name: String {
    switch self {
    case .live(let state): state.name
    case .ended(let end): end.outcome.name
    }
  }
}

package struct JobEnd: Sendable, Equatable {
  package var outcome: Outcome
  /// The run's return code.
  package var code: Int32
  package var message: String
  package var result: String?
  package var leftBehind: [String]
  package var usage: Usage
  package var finishedAt: Milliseconds

  package init(
    outcome: Outcome, code: Int32, message: String, result: String?, leftBehind: [String], usage: Usage,
    finishedAt: Milliseconds
  ) {
    self.outcome = outcome
    self.code = code
    self.message = message
    self.result = result
    self.leftBehind = leftBehind
    self.usage = usage
    self.finishedAt = finishedAt
  }
}

package struct JobProgress: Sendable, Equatable {
  package var done: UInt64
  /// 0: unknown.
  package var total: UInt64
  package var message: String
  package var at: Milliseconds

  package init(done: UInt64, total: UInt64, message: String, at: Milliseconds) {
    self.done = done
    self.total = total
    self.message = message
    self.at = at
  }
}

package struct JobEvent: Sendable, Equatable {
  package var id: Int64
  package var job: JobID
  package var at: Milliseconds
  /// Name of the state or outcome that it left ("" at submit) and that it came to.
  package var from: String
  package var to: String
  package var reason: ReasonCode
  package var fence: Fence
  package var detail: String

  package init(
    id: Int64, job: JobID, at: Milliseconds, from: String, to: String, reason: ReasonCode, fence: Fence,
    detail: String
  ) {
    self.id = id
    self.job = job
    self.at = at
    self.from = from
    self.to = to
    self.reason = reason
    self.fence = fence
    self.detail = detail
  }
}

package struct LogLine: Sendable, Equatable {
  /// Stored: the store's own number. On its way there: 1, 2, 3 ... within its run, by which a line that is sent again
  /// is known; 0 for a line without one.
  package var id: Int64
  package var at: Milliseconds
  /// 0 debug, 1 info, 2 warn, 3 error.
  package var level: UInt8
  package var text: String

  package init(id: Int64 = 0, at: Milliseconds, level: UInt8, text: String) {
    self.id = id
    self.at = at
    self.level = level
    self.text = text
  }
}
