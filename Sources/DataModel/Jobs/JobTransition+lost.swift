/// How jobs become lost, and how they leave that state.
extension JobTransition {
  /// The run has ended, and its end is proven; what came of it is not.
  static func lose(_ job: JobFacts, _ reason: ReasonCode) -> JobDecision {
    move(job, to: .lost, reason, release: true) { $0.runEnded = true }
  }

  /// The run returned, and said that it cannot tell. Telling it twice changes nothing.
  static func finishUnknown(_ job: JobFacts) -> JobDecision {
    if job.state == .lost && job.runEnded { return .none }
    return lose(job, .stepUnknown)
  }

  static func reconcile(_ job: JobFacts, _ answer: ReconcileAnswer) -> JobDecision {
    guard job.state == .lost else { return .fenced }
    switch answer {
    case .done(let text, _): return .end(.succeeded, reason: .reconciled, message: text)
    case .failed(let text): return .end(.failed, reason: .reconciled, message: text)
    case .unknown: return move(job, to: .lost, .reconciled)
    case .notStarted where !job.runEnded: return move(job, to: .lost, .reconciled)
    case .notStarted(let text) where job.cancelRequested:
      return .end(.cancelled, reason: .reconciled, message: text)
    case .notStarted where job.attempt >= maximumAttempts:
      return .end(
        .failed, reason: .attemptsExhausted,
        message: "it was lost in each of \(job.attempt) attempts, and had come to nothing outside")
    case .notStarted: return again(job, .reconciled)
    }
  }

  static func resolve(_ job: JobFacts, _ resolution: Resolution) -> JobDecision {
    guard job.state == .lost else { return .fenced }
    let message = resolution.reason
    switch resolution.verdict {
    case .succeeded: return .end(.succeeded, reason: .resolved, message: message)
    case .failed: return .end(.failed, reason: .resolved, message: message)
    case .cancelled: return .end(.cancelled, reason: .resolved, message: message)
    case .rerun:
      guard job.runEnded || resolution.attestsRunEnded else { return .none }
      return again(job, .resolved)
    }
  }

  /// Back to ready. The fence goes up: should the old run speak after all, nothing of it is taken.
  private static func again(_ job: JobFacts, _ reason: ReasonCode) -> JobDecision {
    move(job, to: .ready, reason, requeue: true, release: true) {
      $0.fence += 1
      $0.cancelRequested = false
      $0.runEnded = false
    }
  }
}
