import DataModel
import TestSupport
import Testing

@Suite("Lost jobs: how they come and go")
struct LostJobTests {
  typealias Arrow = JobTransitionTests.Arrow

  static func lost(
    attempt: Int = 1, _ rule: RepeatRule = .never, cancel: Bool = false, runEnded: Bool = true
  ) -> JobFacts {
    JobTransitionTests.facts(.lost, attempt: attempt, rule, cancel: cancel, runEnded: runEnded)
  }

  static let again = Arrow.to(.ready, .reconciled, fence: 6, attempt: 1, requeue: true, release: true)
  static let stays = Arrow.to(.lost, .reconciled, fence: 5, attempt: 1, requeue: false, release: false)

  struct Example: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let facts: JobFacts
    let trigger: JobTrigger
    let arrow: Arrow

    init(_ name: String, _ facts: JobFacts, _ trigger: JobTrigger, _ arrow: Arrow) {
      (testDescription, self.facts, self.trigger, self.arrow) = (name, facts, trigger, arrow)
    }
  }

  static let examples: [Example] = [
    Example("done", lost(), .reconcile(.done("", result: nil)), .end(.succeeded, .reconciled)),
    Example(
      "done without proof", lost(runEnded: false), .reconcile(.done("", result: "{}")),
      .end(.succeeded, .reconciled)),
    Example("failed", lost(cancel: true), .reconcile(.failed("x")), .end(.failed, .reconciled)),
    Example("unknown", lost(), .reconcile(.unknown("x")), stays),
    Example("not started, proven", lost(), .reconcile(.notStarted("x")), again),
    Example("not started, not proven", lost(runEnded: false), .reconcile(.notStarted("x")), stays),
    Example(
      "not started, after a cancel", lost(cancel: true), .reconcile(.notStarted("x")),
      .end(.cancelled, .reconciled)),
    Example(
      "not started, for the third time", lost(attempt: 3), .reconcile(.notStarted("x")),
      .end(.failed, .attemptsExhausted)),
    Example("resolved as succeeded", lost(), .resolve(Resolution(.succeeded)), .end(.succeeded, .resolved)),
    Example("resolved as failed", lost(), .resolve(Resolution(.failed)), .end(.failed, .resolved)),
    Example("resolved as cancelled", lost(), .resolve(Resolution(.cancelled)), .end(.cancelled, .resolved)),
    Example(
      "rerun, proven", lost(), .resolve(Resolution(.rerun)),
      .to(.ready, .resolved, fence: 6, attempt: 1, requeue: true, release: true)),
    Example(
      "rerun for the fourth time by hand", lost(attempt: 3), .resolve(Resolution(.rerun)),
      .to(.ready, .resolved, fence: 6, attempt: 3, requeue: true, release: true)),
    Example("rerun, not proven", lost(runEnded: false), .resolve(Resolution(.rerun)), .none),
    Example(
      "rerun, attested", lost(runEnded: false), .resolve(Resolution(.rerun, attestsRunEnded: true)),
      .to(.ready, .resolved, fence: 6, attempt: 1, requeue: true, release: true)),
    Example("the same unknown finish again", lost(), .finish(5, RunEnd(code: -15)), .none),
  ]

  @Test("each answer and each decision", arguments: examples)
  func arrows(_ example: Example) {
    #expect(Arrow(JobTransition.decide(example.facts, example.trigger)) == example.arrow)
  }

  static let decisions: [JobTrigger] =
    [
      .reconcile(.done("", result: nil)), .reconcile(.failed("")), .reconcile(.notStarted("")),
      .reconcile(.unknown("")),
    ] + Resolution.Verdict.allCases.map { .resolve(Resolution($0, attestsRunEnded: true)) }

  @Test("nothing is decided about a job that is not lost", arguments: decisions)
  func notLost(_ trigger: JobTrigger) {
    for state in JobState.allCases where state != .lost {
      #expect(JobTransition.decide(JobTransitionTests.facts(state), trigger) == .fenced, "\(state)")
    }
  }

  @Test("whoever becomes lost has ended, and whoever is taken back has not")
  func proof() {
    for trigger in [JobTrigger.loseWorker(.workerEnded), .finish(5, RunEnd(code: -15))] {
      guard case .move(let next, _, _, _) = JobTransition.decide(JobTransitionTests.facts(.running), trigger)
      else {
        Issue.record("\(trigger)")
        continue
      }
      #expect(next.state == .lost && next.runEnded)
    }
    guard case .move(let back, _, _, _) = JobTransition.decide(Self.lost(), .reassert(5)) else {
      Issue.record("not taken back")
      return
    }
    #expect(back.state == .running && !back.runEnded)
  }

  /// Random lives: whatever comes in whatever order, these hold.
  @Test("no life breaks the rules of re-runs", arguments: 0..<40)
  func lives(_ seed: Int) {
    var random = SplitMix64(seed: UInt64(seed) &+ 77)
    for _ in 0..<200 {
      let rule = RepeatRule.allCases.randomElement(using: &random) ?? .never
      var job = JobFacts(state: .ready, fence: 0, attempt: 0, repeatRule: rule, cancelRequested: false)
      for _ in 0..<30 {
        let trigger = Self.trigger(job, &random)
        switch JobTransition.decide(job, trigger) {
        case .move(let next, let reason, let requeue, _):
          check(job, trigger, next, reason, requeue)
          job = next
        case .end(let outcome, let reason, _):
          if job.state == .lost, outcome != .failed || reason != .attemptsExhausted {
            #expect(reason == .reconciled || reason == .resolved || reason == .finishedLate)
          }
        case .fenced, .none: break
        }
      }
    }
  }

  private func check(
    _ job: JobFacts, _ trigger: JobTrigger, _ next: JobFacts, _ reason: ReasonCode, _ requeue: Bool
  ) {
    #expect(next.fence >= job.fence && next.attempt >= job.attempt)
    #expect(requeue == (next.state == .ready))
    if next.state == .lost { #expect(next.fence == job.fence, "the same run may still finish") }
    guard next.state == .ready, job.state.hasStarted else { return }
    // Started work goes back only where a rule, an entry or a person said so.
    switch trigger {
    case .loseWorker: #expect(job.repeatRule != .never && job.state == .running)
    case .reconcile(.notStarted):
      #expect(job.runEnded && !job.cancelRequested && next.fence == job.fence + 1)
    case .resolve(let resolution):
      #expect(resolution.verdict == .rerun && (job.runEnded || resolution.attestsRunEnded))
      #expect(next.fence == job.fence + 1 && !next.cancelRequested)
    default: Issue.record("\(trigger) put a started job back")
    }
  }

  private static func trigger(_ job: JobFacts, _ random: inout SplitMix64) -> JobTrigger {
    let code = [0, -8, -15].randomElement(using: &random) ?? 0
    let all: [JobTrigger] =
      [
        .claim, .start(job.fence), .requestCancel, .passDeadline(job.fence), .endGrace(job.fence),
        .finish(job.fence, RunEnd(code: Int32(code))), .zombieReturned(job.fence - 1),
        .loseWorker(.workerEnded), .reassert(job.fence), .resolve(Resolution(.rerun)),
      ] + decisions
    return all.randomElement(using: &random) ?? .claim
  }

  @Test("questions are asked again at growing intervals, up to ten minutes")
  func pauses() {
    let pauses = (1...14).map { ReconcileAnswer.pause(afterTries: $0) }
    #expect(Array(pauses.prefix(4)) == [1000, 2000, 4000, 8000])
    #expect(pauses == pauses.sorted() && pauses.last == 600_000)
    #expect(ReconcileAnswer.pause(afterTries: Int.max) == 600_000)
    #expect(ReconcileAnswer.pause(afterTries: 0) == 1000)
  }
}

@Suite("Tokens of steps")
struct StepTokenTests {
  @Test("the same job and step give the same token, any other gives another")
  func tokens() {
    let token = StepToken.make(job: JobID(17), submittedAt: 1000, name: "create-vm")
    #expect(token == StepToken.make(job: JobID(17), submittedAt: 1000, name: "create-vm"))
    var all: Set = [token]
    for job in 1...20 {
      for time in 0..<5 {
        for step in 0..<50 {
          all.insert(
            StepToken.make(job: JobID(Int64(job)), submittedAt: Milliseconds(time), name: "step-\(step)"))
        }
      }
    }
    #expect(all.count == 5001)
  }

  @Test("a token is letters, digits and '-', 55 bytes at most, and names its job")
  func shape() {
    for job in [JobID(1), JobID(Int64.max)] {
      let token = StepToken.make(job: job, submittedAt: Int64.max, name: "é \u{1F600}")
      #expect(token.hasPrefix("bh-\(job)-"))
      #expect(token.utf8.count == "bh-\(job)-".utf8.count + 32 && token.utf8.count <= 55)
      #expect(token.allSatisfy { $0 == "-" || $0.isNumber || ("a"..."z").contains($0) })
    }
  }

  @Test("names that cannot be are refused with what is wrong")
  func names() {
    #expect(StepToken.problem(withName: "create VM „web-1“") == nil)
    #expect(StepToken.problem(withName: String(repeating: "x", count: 128)) == nil)
    #expect(StepToken.problem(withName: "")?.contains("needs a name") == true)
    #expect(StepToken.problem(withName: String(repeating: "x", count: 129))?.contains("129 bytes") == true)
    #expect(StepToken.problem(withName: "a\nb")?.contains("control character") == true)
  }
}
