import DataModel
import Testing

@Suite("Job transitions")
struct JobTransitionTests {
  static func facts(
    _ state: JobState, fence: Fence = 5, attempt: Int = 1, _ rule: RepeatRule = .never, cancel: Bool = false,
    runEnded: Bool = false
  ) -> JobFacts {
    JobFacts(
      state: state, fence: fence, attempt: attempt, repeatRule: rule, cancelRequested: cancel,
      runEnded: runEnded)
  }

  /// What a trigger does in each state, in the order of `JobState.allCases`.
  enum Arrow: Sendable, Equatable {
    case to(JobState, ReasonCode, fence: Fence, attempt: Int, requeue: Bool, release: Bool)
    case end(Outcome, ReasonCode)
    case fenced
    case none

    init(_ decision: JobDecision) {
      switch decision {
      case .move(let next, let reason, let requeue, let release):
        self = .to(
          next.state, reason, fence: next.fence, attempt: next.attempt, requeue: requeue, release: release)
      case .end(let outcome, let reason, _): self = .end(outcome, reason)
      case .fenced: self = .fenced
      case .none: self = .none
      }
    }

    static func to(_ state: JobState, _ reason: ReasonCode) -> Arrow {
      .to(state, reason, fence: 5, attempt: 1, requeue: false, release: false)
    }

    static func back(_ reason: ReasonCode) -> Arrow {
      .to(.ready, reason, fence: 5, attempt: 1, requeue: true, release: true)
    }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let name: String
    let trigger: JobTrigger
    var rule = RepeatRule.never
    var cancel = false
    /// For ready, leased, running, cancelling, zombie, lost.
    let arrows: [Arrow]
    var testDescription: String { name }
  }

  static let ok = RunEnd(code: 0)
  static let lost = Arrow.to(.lost, .workerEnded, fence: 5, attempt: 1, requeue: false, release: true)
  static let untold = Arrow.to(.lost, .stepUnknown, fence: 5, attempt: 1, requeue: false, release: true)
  static let lostStopping = Arrow.to(
    .lost, .endedWhileCancelling, fence: 5, attempt: 1, requeue: false, release: true)

  static let table: [Row] = [
    Row(
      name: "claim", trigger: .claim,
      arrows: [
        .to(.leased, .claimed, fence: 6, attempt: 1, requeue: false, release: false), .fenced, .fenced,
        .fenced,
        .fenced, .fenced,
      ]),
    Row(
      name: "hand back", trigger: .handBack(5),
      arrows: [.fenced, .back(.handedBack), .fenced, .fenced, .fenced, .fenced]),
    Row(
      name: "start", trigger: .start(5),
      arrows: [
        .fenced, .to(.running, .started, fence: 5, attempt: 2, requeue: false, release: false), .none, .none,
        .fenced, .fenced,
      ]),
    Row(
      name: "request cancel", trigger: .requestCancel,
      arrows: [
        .end(.cancelled, .cancelledBeforeStart), .end(.cancelled, .cancelledBeforeStart),
        .to(.cancelling, .cancelRequested), .to(.cancelling, .cancelRequested), .none, .none,
      ]),
    Row(
      name: "request cancel again", trigger: .requestCancel, cancel: true,
      arrows: [
        .end(.cancelled, .cancelledBeforeStart), .end(.cancelled, .cancelledBeforeStart), .none, .none, .none,
        .none,
      ]),
    Row(
      name: "pass deadline", trigger: .passDeadline(5),
      arrows: [.none, .none, .to(.cancelling, .deadlinePassed), .none, .none, .none]),
    Row(
      name: "finish", trigger: .finish(5, ok),
      arrows: [
        .fenced, .fenced, .end(.succeeded, .returned), .end(.succeeded, .returned), .fenced,
        .end(.succeeded, .finishedLate),
      ]),
    Row(
      name: "finish after a cancel", trigger: .finish(5, ok), cancel: true,
      arrows: [
        .fenced, .fenced, .end(.succeeded, .cancelTooLate), .end(.succeeded, .cancelTooLate), .fenced,
        .end(.succeeded, .finishedLate),
      ]),
    Row(
      name: "end grace", trigger: .endGrace(5),
      arrows: [
        .fenced, .fenced, .to(.zombie, .graceOver, fence: 6, attempt: 1, requeue: false, release: false),
        .to(.zombie, .graceOver, fence: 6, attempt: 1, requeue: false, release: false), .fenced, .fenced,
      ]),
    Row(
      name: "zombie returned, without a cancel", trigger: .zombieReturned(4),
      arrows: [.fenced, .fenced, .fenced, .fenced, .end(.timedOut, .zombieReturned), .fenced]),
    Row(
      name: "zombie returned, after a cancel", trigger: .zombieReturned(4), cancel: true,
      arrows: [.fenced, .fenced, .fenced, .fenced, .end(.cancelled, .zombieReturned), .fenced]),
    Row(
      name: "lose worker, never", trigger: .loseWorker(.workerEnded),
      arrows: [.none, .back(.workerEnded), lost, lostStopping, lostStopping, .none]),
    Row(
      name: "lose worker, idempotent", trigger: .loseWorker(.workerEnded), rule: .idempotent,
      arrows: [
        .none, .back(.workerEnded), .back(.workerEnded), .end(.timedOut, .endedWhileCancelling),
        .end(.timedOut, .endedWhileCancelling), .none,
      ]),
    Row(
      name: "lose worker, idempotent, after a cancel", trigger: .loseWorker(.disowned), rule: .idempotent,
      cancel: true,
      arrows: [
        .none, .back(.disowned), .back(.disowned), .end(.cancelled, .endedWhileCancelling),
        .end(.cancelled, .endedWhileCancelling), .none,
      ]),
    Row(
      name: "lose worker, steps", trigger: .loseWorker(.workerEnded), rule: .steps,
      arrows: [
        .none, .back(.workerEnded), .back(.workerEnded), .end(.timedOut, .endedWhileCancelling),
        .end(.timedOut, .endedWhileCancelling), .none,
      ]),
    Row(
      name: "finish with what cannot be told", trigger: .finish(5, RunEnd(code: -15)), rule: .steps,
      arrows: [.fenced, .fenced, untold, untold, .fenced, untold]),
    Row(
      name: "finish with what cannot be told, after a cancel", trigger: .finish(5, RunEnd(code: -15)),
      cancel: true, arrows: [.fenced, .fenced, untold, untold, .fenced, untold]),
    Row(
      name: "reassert", trigger: .reassert(5),
      arrows: [.fenced, .fenced, .none, .none, .fenced, .to(.running, .reasserted)]),
    Row(
      name: "reassert after a cancel", trigger: .reassert(5), cancel: true,
      arrows: [.fenced, .fenced, .none, .none, .fenced, .to(.cancelling, .reasserted)]),
  ]

  @Test("every trigger in every state", arguments: table)
  func arrows(_ row: Row) {
    for (state, expected) in zip(JobState.allCases, row.arrows) {
      let decision = JobTransition.decide(Self.facts(state, row.rule, cancel: row.cancel), row.trigger)
      #expect(Arrow(decision) == expected, "\(row.name) in \(state)")
    }
  }

  static let fencedTriggers: [JobTrigger] = [
    .handBack(4), .start(4), .passDeadline(4), .finish(4, ok), .endGrace(4), .zombieReturned(5), .reassert(4),
    .handBack(6), .start(6), .passDeadline(6), .finish(6, ok), .endGrace(6), .zombieReturned(6), .reassert(6),
  ]

  @Test("no trigger under another fence changes anything, in any state", arguments: fencedTriggers)
  func otherFence(_ trigger: JobTrigger) {
    for state in JobState.allCases {
      let decision = JobTransition.decide(Self.facts(state), trigger)
      #expect(decision == .fenced || decision == .none, "\(trigger) in \(state)")
    }
  }

  @Test("the third attempt of an idempotent job is its last")
  func attempts() {
    for attempt in 1...2 {
      let decision = JobTransition.decide(
        Self.facts(.running, attempt: attempt, .idempotent), .loseWorker(.workerEnded))
      guard case .move(let next, _, let requeue, _) = decision else {
        Issue.record("attempt \(attempt) was not the last: \(decision)")
        continue
      }
      #expect(next.state == .ready && requeue)
    }
    let last = JobTransition.decide(Self.facts(.running, attempt: 3, .idempotent), .loseWorker(.workerEnded))
    guard case .end(.failed, .attemptsExhausted, let message) = last else {
      Issue.record("attempt 3 was the last: \(last)")
      return
    }
    #expect(message.contains("3 attempts"))
  }

  @Test("a cancel request is remembered, and nothing else is forgotten")
  func cancelRequest() {
    let decision = JobTransition.decide(Self.facts(.running, attempt: 2, .idempotent), .requestCancel)
    guard case .move(let next, .cancelRequested, false, false) = decision else {
      Issue.record("\(decision)")
      return
    }
    #expect(next == Self.facts(.cancelling, attempt: 2, .idempotent, cancel: true))
  }

  @Test("only a run whose start stands may write")
  func mayWrite() {
    for state in JobState.allCases {
      let isRight = state == .running || state == .cancelling
      #expect(JobTransition.mayWrite(Self.facts(state), 5) == isRight, "\(state)")
      #expect(!JobTransition.mayWrite(Self.facts(state), 4) && !JobTransition.mayWrite(Self.facts(state), 6))
    }
  }
}

@Suite("What a run came to")
struct JudgeTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let end: RunEnd
    var cancelRequested = false
    let outcome: Outcome
    var said = ""
    var testDescription: String { "\(end.code), bits \(end.stopBits), cancel \(cancelRequested)" }
  }

  static let examples: [Example] = [
    Example(end: RunEnd(code: 0, message: "fine"), outcome: .succeeded, said: "fine"),
    Example(end: RunEnd(code: 0), cancelRequested: true, outcome: .succeeded),
    Example(end: RunEnd(code: 2, message: "two of three"), outcome: .warning, said: "two of three"),
    Example(end: RunEnd(code: 2, stopBits: StopBits.deadline), outcome: .warning),
    Example(end: RunEnd(code: 1), outcome: .failed, said: "BH_PARKED"),
    Example(end: RunEnd(code: -1), cancelRequested: true, outcome: .cancelled),
    Example(end: RunEnd(code: -8), cancelRequested: true, outcome: .cancelled),
    Example(end: RunEnd(code: -1, stopBits: StopBits.cancel), outcome: .cancelled),
    Example(end: RunEnd(code: -1, stopBits: StopBits.cancel | StopBits.deadline), outcome: .cancelled),
    Example(end: RunEnd(code: -2, stopBits: StopBits.deadline), outcome: .timedOut, said: "deadline"),
    Example(end: RunEnd(code: -8, message: "x", stopBits: StopBits.deadline), outcome: .timedOut, said: "x"),
    Example(end: RunEnd(code: -1), outcome: .failed, said: "nobody had asked"),
    Example(end: RunEnd(code: -2), outcome: .failed, said: "had not passed"),
    Example(end: RunEnd(code: -1, stopBits: StopBits.deadline), outcome: .timedOut),
    Example(end: RunEnd(code: -8, message: "no disk"), outcome: .failed, said: "no disk"),
    Example(end: RunEnd(code: -8), outcome: .failed, said: "io"),
    Example(end: RunEnd(code: -14), outcome: .failed, said: "again"),
    Example(end: RunEnd(code: -16), outcome: .failed, said: "no code of the ABI"),
    Example(end: RunEnd(code: 3), outcome: .failed, said: "no code of the ABI"),
    Example(end: RunEnd(code: Int32.min), cancelRequested: true, outcome: .failed, said: "no code"),
    Example(end: RunEnd(code: Int32.max, message: "odd"), outcome: .failed, said: "odd"),
  ]

  @Test("every kind of return", arguments: examples)
  func judge(_ example: Example) {
    let (outcome, message) = JobTransition.judge(example.end, cancelRequested: example.cancelRequested)
    #expect(outcome == example.outcome)
    #expect(message.contains(example.said) || example.said.isEmpty, "\(message)")
  }
}
