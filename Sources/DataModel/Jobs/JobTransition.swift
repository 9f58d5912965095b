/// The facts of one live job that a transition depends on.
package struct JobFacts: Sendable, Equatable {
  package var state: JobState
  package var fence: Fence
  /// Runs that were started so far.
  package var attempt: Int
  package var repeatRule: RepeatRule
  package var cancelRequested: Bool
  /// Of a lost job: it is proven that the process or the thread of its last run has ended. Without that proof nothing
  /// runs it again: a run that was stopped in the middle may wake up and speak to the outside world.
  package var runEnded: Bool

  package init(
    state: JobState, fence: Fence, attempt: Int, repeatRule: RepeatRule, cancelRequested: Bool,
    runEnded: Bool = false
  ) {
    self.state = state
    self.fence = fence
    self.attempt = attempt
    self.repeatRule = repeatRule
    self.cancelRequested = cancelRequested
    self.runEnded = runEnded
  }
}

/// What happened to a job.
package enum JobTrigger: Sendable, Equatable {
  case claim
  case handBack(Fence)
  case start(Fence)
  case requestCancel
  case passDeadline(Fence)
  case finish(Fence, RunEnd)
  case endGrace(Fence)
  /// The thread of a zombie came back; its fence was raised when it became one.
  case zombieReturned(Fence)
  /// The worker that held the job has ended (proven), or no longer knows it.
  case loseWorker(ReasonCode)
  /// A worker that was thought to have lost the job says under the same fence that it runs it still.
  case reassert(Fence)
  /// The reconcile entry of a lost job has been asked.
  case reconcile(ReconcileAnswer)
  /// Somebody decides what came of a lost job.
  case resolve(Resolution)
}

/// What a trigger does to a job: pure, so that every store applies the same rules.
package enum JobDecision: Sendable, Equatable {
  /// The row changes; `requeue` puts it back to the ready queue, `release` takes it from its worker.
  case move(JobFacts, reason: ReasonCode, requeue: Bool, release: Bool)
  /// The job ends.
  case end(Outcome, reason: ReasonCode, message: String)
  /// Nothing changes, but the asker is told that he is too late: another fence or another state.
  case fenced
  /// Nothing changes and nothing is wrong (asked twice).
  case none
}

/// The one table of arrows. See `Documentation/Architecture.md` for the picture.
package enum JobTransition {
  /// Starts of a job that is run again by itself before it fails for good.
  package static let maximumAttempts = 3

  package static func decide(_ job: JobFacts, _ trigger: JobTrigger) -> JobDecision {
    switch trigger {
    case .claim: claim(job)
    case .handBack(let fence): handBack(job, fence)
    case .start(let fence): start(job, fence)
    case .requestCancel: requestCancel(job)
    case .passDeadline(let fence): passDeadline(job, fence)
    case .finish(let fence, let end): finish(job, fence, end)
    case .endGrace(let fence): endGrace(job, fence)
    case .zombieReturned(let fence): zombieReturned(job, fence)
    case .loseWorker(let reason): loseWorker(job, reason)
    case .reassert(let fence): reassert(job, fence)
    case .reconcile(let answer): reconcile(job, answer)
    case .resolve(let resolution): resolve(job, resolution)
    }
  }

  /// Whether a run may write progress, log and records: only while its own start stands.
  package static func mayWrite(_ job: JobFacts, _ fence: Fence) -> Bool {
    job.fence == fence && (job.state == .running || job.state == .cancelling)
  }

  private static func claim(_ job: JobFacts) -> JobDecision {
    guard job.state == .ready else { return .fenced }
    return move(job, to: .leased, .claimed) { $0.fence += 1 }
  }

  private static func handBack(_ job: JobFacts, _ fence: Fence) -> JobDecision {
    guard job.state == .leased, job.fence == fence else { return .fenced }
    return move(job, to: .ready, .handedBack, requeue: true, release: true)
  }

  private static func start(_ job: JobFacts, _ fence: Fence) -> JobDecision {
    guard job.fence == fence else { return .fenced }
    switch job.state {
    case .leased: return move(job, to: .running, .started) { $0.attempt += 1 }
    case .running, .cancelling: return .none  // the commit was in doubt, and it had happened
    default: return .fenced
    }
  }

  private static func requestCancel(_ job: JobFacts) -> JobDecision {
    switch job.state {
    case .ready, .leased:
      return .end(.cancelled, reason: .cancelledBeforeStart, message: "cancelled before it started")
    case .running, .cancelling:
      if job.cancelRequested { return .none }
      return move(job, to: .cancelling, .cancelRequested) { $0.cancelRequested = true }
    case .zombie, .lost: return .none
    }
  }

  private static func passDeadline(_ job: JobFacts, _ fence: Fence) -> JobDecision {
    guard job.fence == fence else { return .fenced }
    guard job.state == .running else { return .none }
    return move(job, to: .cancelling, .deadlinePassed)
  }

  private static func finish(_ job: JobFacts, _ fence: Fence, _ end: RunEnd) -> JobDecision {
    guard job.fence == fence, job.state.hasStarted, job.state != .zombie else { return .fenced }
    if end.code == ReturnCode.unknown { return finishUnknown(job) }
    let (outcome, message) = judge(end, cancelRequested: job.cancelRequested)
    let late = job.cancelRequested && end.code >= 0
    let reason: ReasonCode = job.state == .lost ? .finishedLate : late ? .cancelTooLate : .returned
    return .end(outcome, reason: reason, message: message)
  }

  private static func endGrace(_ job: JobFacts, _ fence: Fence) -> JobDecision {
    guard job.fence == fence, job.state == .running || job.state == .cancelling else { return .fenced }
    return move(job, to: .zombie, .graceOver) { $0.fence += 1 }
  }

  private static func zombieReturned(_ job: JobFacts, _ fence: Fence) -> JobDecision {
    guard job.state == .zombie, job.fence == fence + 1 else { return .fenced }
    return .end(
      job.cancelRequested ? .cancelled : .timedOut, reason: .zombieReturned,
      message: "returned after its grace time; what it returned was not taken")
  }

  private static func loseWorker(_ job: JobFacts, _ reason: ReasonCode) -> JobDecision {
    switch (job.state, job.repeatRule) {
    case (.ready, _), (.lost, _): return .none
    case (.leased, _): return move(job, to: .ready, reason, requeue: true, release: true)
    case (.running, .never): return lose(job, reason)
    case (.cancelling, .never), (.zombie, .never): return lose(job, .endedWhileCancelling)
    case (.cancelling, .idempotent), (.zombie, .idempotent), (.cancelling, .steps), (.zombie, .steps):
      return .end(
        job.cancelRequested ? .cancelled : .timedOut, reason: .endedWhileCancelling,
        message: "its worker ended while it was asked to stop")
    case (.running, .idempotent), (.running, .steps):
      if job.attempt >= maximumAttempts {
        return .end(
          .failed, reason: .attemptsExhausted,
          message: "its worker ended during each of \(job.attempt) attempts")
      }
      return move(job, to: .ready, reason, requeue: true, release: true)
    }
  }

  private static func reassert(_ job: JobFacts, _ fence: Fence) -> JobDecision {
    guard job.fence == fence else { return .fenced }
    switch job.state {
    case .running, .cancelling: return .none
    case .lost:
      return move(job, to: job.cancelRequested ? .cancelling : .running, .reasserted) { $0.runEnded = false }
    default: return .fenced
    }
  }

  static func move(
    _ job: JobFacts, to state: JobState, _ reason: ReasonCode, requeue: Bool = false,
    release: Bool = false, _ change: (inout JobFacts) -> Void = { _ in }
  ) -> JobDecision {
    var next = job
    next.state = state
    change(&next)
    return .move(next, reason: reason, requeue: requeue, release: release)
  }
}
