import DataModel
import Storage
import Testing

@testable import Simulation

/// The checker itself finds each kind of lie, and believes a true story.
@Suite("The history's checker")
struct CheckerTests {
  /// A plan with one batch of one job of that rule.
  private static func plan(_ rule: RepeatRule) -> Plan {
    var random = SeedRandom(seed: 1)
    var plan = Plan(&random)
    plan.batches = [1]
    plan.scripts = [plan.scripts[0]]
    plan.scripts[0].rule = rule
    return plan
  }

  private static func event(
    _ number: Int64, _ from: String, _ to: String, _ reason: ReasonCode, _ fence: Fence
  ) -> HistoryEntry {
    .event(
      JobEvent(
        id: number, job: JobID(1), at: 0, from: from, to: to, reason: reason, fence: fence, detail: ""),
      number: number)
  }

  private static let run = JobRun(job: JobID(1), fence: 1)

  /// Submitted, claimed by process 1 and started.
  private static let started: [HistoryEntry] = [
    .workerStarted(1), .submitted(batch: 0, first: JobID(1), count: 1), event(1, "", "ready", .submitted, 0),
    .claimed(run, 1), event(2, "ready", "leased", .claimed, 1), event(3, "leased", "running", .started, 1),
  ]
  private static let entered = started + [.entered(run, 1)]
  private static let returned = entered + [.returned(run, 1, code: 0, stopBits: 0)]

  private static func violations(_ entries: [HistoryEntry], _ rule: RepeatRule = .never) -> [String] {
    var checker = HistoryChecker(plan(rule))
    for entry in entries { checker.take(entry) }
    return checker.violations
  }

  @Test("a true story is believed")
  func truth() {
    #expect(
      Self.violations(
        Self.returned + [Self.event(4, "running", "succeeded", .returned, 1), .finishTaken(Self.run)]) == [])
    #expect(
      Self.violations(
        Self.entered + [
          .workerEnded(1, isKilled: true), .nodeEnded(NodeID(1), 1),
          Self.event(4, "running", "lost", .workerEnded, 1),
        ]) == [])
  }

  @Test(
    "a lie is found",
    arguments: [
      ("entered before its start", Array(started.dropLast()) + [.entered(run, 1)]),
      ("entered twice", returned + [.entered(run, 1)]),
      ("runs twice at once", entered + [.entered(JobRun(job: JobID(1), fence: 2), 2)]),
      ("a number left out", started + [event(5, "running", "cancelling", .deadlinePassed, 1)]),
      ("no arrow", started + [event(4, "running", "leased", .claimed, 2)]),
      ("from where it is not", started + [event(4, "cancelling", "zombie", .graceOver, 2)]),
      ("a fence that does not rise", Array(started.prefix(4)) + [event(2, "ready", "leased", .claimed, 0)]),
      ("ended while it runs", entered + [event(4, "running", "succeeded", .returned, 1)]),
      ("ended by no run", started + [event(4, "running", "succeeded", .returned, 1)]),
      ("another outcome", returned + [event(4, "running", "failed", .returned, 1)]),
      (
        "changed after its end",
        returned + [
          event(4, "running", "succeeded", .returned, 1), event(5, "succeeded", "failed", .returned, 1),
        ]
      ),
      ("lost while its worker lives", started + [event(4, "running", "lost", .workerEnded, 1)]),
      ("a node ended while its process lives", started + [.nodeEnded(NodeID(1), 1)]),
      ("a cancel that nobody asked for", started + [event(4, "running", "cancelling", .cancelRequested, 1)]),
      ("told to be cancelled while it runs", entered + [.cancelAnswered(JobID(1), .cancelled)]),
      (
        "a record under an old fence",
        started + [.recordWritten(JobRun(job: JobID(1), fence: 0), sequence: 1)]
      ),
      ("lines before its start", Array(started.dropLast()) + [.noted(run)]),
      ("a batch made twice", started + [.submitted(batch: 0, first: JobID(2), count: 1)]),
      ("a client told of another's jobs", started + [.accepted(batch: 0, first: JobID(9), count: 1)]),
      ("a finish taken that is not stored", returned + [.finishTaken(run)]),
      ("a worker that leaves its job", entered + [.workerEnded(1, isKilled: false)]),
      ("a job that nobody submitted", [.entered(JobRun(job: JobID(7), fence: 1), 1)]),
    ] as [(String, [HistoryEntry])])
  func lies(name: String, entries: [HistoryEntry]) {
    #expect(!Self.violations(entries).isEmpty, "\(name)")
  }

  @Test("a job that may not be repeated is not run again, one that may is")
  func repeated() {
    let again: [HistoryEntry] = [
      .workerEnded(1, isKilled: true), Self.event(4, "running", "ready", .workerEnded, 1), .workerStarted(2),
      .claimed(JobRun(job: JobID(1), fence: 2), 2), Self.event(5, "ready", "leased", .claimed, 2),
      Self.event(6, "leased", "running", .started, 2), .entered(JobRun(job: JobID(1), fence: 2), 2),
    ]
    #expect(Self.violations(Self.entered + again, .idempotent) == [])
    #expect(!Self.violations(Self.entered + again, .never).isEmpty)
  }
}
