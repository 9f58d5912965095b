package import DataModel

/// What is known of a lost job beyond its row, or nil when it is not lost.
package struct GetLost: Sendable, Equatable {
  package var job: JobID
  package init(job: JobID) { self.job = job }
}

package struct LostRow: Sendable, Equatable {
  package var job: JobID
  /// 0: before this was written down.
  package var since: Milliseconds
  /// The end of its last run is proven.
  package var runEnded: Bool
  /// What its run said when it could not tell; empty when it said nothing.
  package var message: String
  package var leftBehind: [String]
  /// How often its reconcile entry has been asked.
  package var tries: Int
  /// When it may be asked again; nil while it is asked.
  package var dueAt: Milliseconds?
  /// The newest answer; empty when there was none.
  package var answer: String
  package var answeredAt: Milliseconds?

  package init(
    job: JobID, since: Milliseconds, runEnded: Bool, message: String, leftBehind: [String], tries: Int,
    dueAt: Milliseconds?, answer: String, answeredAt: Milliseconds?
  ) {
    self.job = job
    self.since = since
    self.runEnded = runEnded
    self.message = message
    self.leftBehind = leftBehind
    self.tries = tries
    self.dueAt = dueAt
    self.answer = answer
    self.answeredAt = answeredAt
  }
}

/// Takes lost jobs of these kinds whose time to be asked has come. What the node was given before and is not in
/// `asking` never reached it, and is free again.
package struct ClaimReconciles: Sendable, Equatable {
  package var node: NodeID
  package var kinds: [JobKind]
  /// Numbers of the questions that the node works on.
  package var asking: [Int64]
  package var limit: Int

  package init(node: NodeID, kinds: [JobKind], asking: [Int64], limit: Int) {
    self.node = node
    self.kinds = kinds
    self.asking = asking
    self.limit = limit
  }
}

package struct ReconcileClaims: Sendable, Equatable {
  package var leases: [ReconcileLease]
  /// Milliseconds until the next lost job of these kinds is due; nil when none is.
  package var nextDueInMilliseconds: Milliseconds?

  package init(leases: [ReconcileLease], nextDueInMilliseconds: Milliseconds?) {
    self.leases = leases
    self.nextDueInMilliseconds = nextDueInMilliseconds
  }
}

/// The right to ask once what came of a lost job, with all that its entry is told.
package struct ReconcileLease: Sendable, Equatable {
  /// Its number: an answer under another one comes too late.
  package var ask: Int64
  /// The lost run.
  package var run: JobRun
  package var kind: JobKind
  package var params: String
  package var attempt: Int
  package var submittedAt: Milliseconds
  /// Why it is lost, for people.
  package var reason: String
  package var leftBehind: [String]
  package var steps: [StepRow]

  package init(
    ask: Int64, run: JobRun, kind: JobKind, params: String, attempt: Int, submittedAt: Milliseconds,
    reason: String, leftBehind: [String], steps: [StepRow]
  ) {
    self.ask = ask
    self.run = run
    self.kind = kind
    self.params = params
    self.attempt = attempt
    self.submittedAt = submittedAt
    self.reason = reason
    self.leftBehind = leftBehind
    self.steps = steps
  }
}

/// Brings the answer to a question, or gives it back unasked (`answer` nil). True when it was taken; false when the
/// job is no longer lost or another question has come since.
package struct FinishReconcile: Sendable, Equatable {
  package var ask: Int64
  package var job: JobID
  package var answer: ReconcileAnswer?
  package var logs: [LogLine]

  package init(ask: Int64, job: JobID, answer: ReconcileAnswer?, logs: [LogLine] = []) {
    self.ask = ask
    self.job = job
    self.answer = answer
    self.logs = logs
  }
}

/// Asks for a lost job now, whatever its next time was.
package struct RequestReconcile: Sendable, Equatable {
  package var job: JobID
  package init(job: JobID) { self.job = job }
}

package enum LostJobAnswer: Sendable, Equatable {
  case done
  case notFound
  /// It is not lost: it is in that state, or has that outcome.
  case notLost(String)
  /// It was to be run again, and nothing proves that its old run has ended.
  case needsProof
}

/// Decides what came of a lost job. Who decides is told by the socket, not by the message: written to the audit.
package struct ResolveJob: Sendable, Equatable {
  package var job: JobID
  package var resolution: Resolution
  /// JSON text of an object; only with `succeeded`.
  package var result: String?

  package init(job: JobID, resolution: Resolution, result: String? = nil) {
    self.job = job
    self.resolution = resolution
    self.result = result
  }
}

/// What people changed by hand, newest first.
package struct ListAudit: Sendable, Equatable {
  /// Only entries with a lower id; 0: from the newest.
  package var before: Int64
  package var limit: Int

  package init(before: Int64 = 0, limit: Int = 100) {
    self.before = before
    self.limit = limit
  }
}

package struct AuditRow: Sendable, Equatable {
  package var id: Int64
  package var at: Milliseconds
  /// The user of the process that asked, as the kernel tells it: "alice (uid 1000)".
  package var who: String
  package var verb: String
  /// What was changed: "job 17".
  package var subject: String
  package var detail: String

  package init(id: Int64, at: Milliseconds, who: String, verb: String, subject: String, detail: String) {
    self.id = id
    self.at = at
    self.who = who
    self.verb = verb
    self.subject = subject
    self.detail = detail
  }
}
