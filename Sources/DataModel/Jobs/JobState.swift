/// Where a job that has not ended stands. One row, one truth: every change compares state and fence first.
package enum JobState: UInt8, Sendable, CaseIterable {
  /// Waits for a worker that has its plug-in.
  case ready = 1
  /// Claimed by a worker; not one instruction of the plug-in has run.
  case leased = 2
  /// The start is committed: the plug-in may have been entered.
  case running = 3
  /// Running, and asked to end: by a cancel or because its deadline passed.
  case cancelling = 4
  /// Did not end within its grace time; its code may still run, its writes are refused.
  case zombie = 5
  /// Started, and its worker ended before an outcome was known. Rests until somebody says what happened.
  case lost = 6

  package var name: String {
    switch self {
    case .ready: "ready"
    case .leased: "leased"
    case .running: "running"
    case .cancelling: "cancelling"
    case .zombie: "zombie"
    case .lost: "lost"
    }
  }

  package init?(name: String) {
    guard let state = JobState.allCases.first(where: { $0.name == name }) else { return nil }
    self = state
  }

  /// The plug-in may have been entered under the row's fence.
  package var hasStarted: Bool { self != .ready && self != .leased }
}

/// How a job ended. Final.
package enum Outcome: UInt8, Sendable, CaseIterable {
  case succeeded = 1
  /// Succeeded, with partial failures listed.
  case warning = 2
  case failed = 3
  case cancelled = 4
  case timedOut = 5

  package var name: String {
    switch self {
    case .succeeded: "succeeded"
    case .warning: "warning"
    case .failed: "failed"
    case .cancelled: "cancelled"
    case .timedOut: "timed_out"
    }
  }

  package init?(name: String) {
    guard let outcome = Outcome.allCases.first(where: { $0.name == name }) else { return nil }
    self = outcome
  }
}

/// Whether started work may be run again after its worker ended.
package enum RepeatRule: UInt8, Sendable, CaseIterable {
  /// Never: the job becomes `lost` (the default).
  case never = 1
  /// Yes: running it again from the start does no harm.
  case idempotent = 2
  /// Yes: every effect on the outside world is inside a step, which is done once.
  case steps = 3

  package var name: String {
    switch self {
    case .never: "never"
    case .idempotent: "idempotent"
    case .steps: "steps"
    }
  }

  package init?(name: String) {
    guard let rule = RepeatRule.allCases.first(where: { $0.name == name }) else { return nil }
    self = rule
  }
}
