import DataModel
import Foundation
import Storage
import TestSupport
import Testing

/// Worker and `serve` are killed and stopped, at named points and at random, and a witness outside the engine
/// says what really ran. BULKHEAD_KILL_ROUNDS sets how often, BULKHEAD_KILL_SEED plays a run again.
@Suite(.serialized) struct KillTests {
  static let rounds = Int(ProcessInfo.processInfo.environment["BULKHEAD_KILL_ROUNDS"] ?? "") ?? 25
  static let seed =
    UInt64(ProcessInfo.processInfo.environment["BULKHEAD_KILL_SEED"] ?? "") ?? UInt64.random(in: 1...1 << 48)

  @Test("whatever is killed, no job is forgotten and none is entered against its rule")
  func killed() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      try engine.install(Sample.build("SamplePlugins/witness/witness.c"), as: "witness.so")
      try engine.start()
      try engine.waitForPlugin("witness")
      for round in 0..<Self.rounds {
        var random = SplitMix64(seed: Self.seed &+ UInt64(round))
        let plan = KillPlan(round: round, &random)
        let file = engine.folder + "/witness-\(round).txt"
        do {
          let disagreements = try KillRound(engine: engine, plan: plan, witnessFile: file).run()
          #expect(disagreements.isEmpty, "seed \(Self.seed) round \(round) (\(plan)): \(disagreements)")
        } catch {
          Issue.record("seed \(Self.seed) round \(round) (\(plan)): \(error)\n\(engine.output.suffix(3000))")
          return
        }
      }
    }
  }
}

/// The check itself finds each kind of lie.
@Suite struct WitnessTests {
  static func row(_ id: Int64, _ rule: RepeatRule, _ status: JobStatus, attempt: Int = 1) -> JobRow {
    JobRow(
      id: JobID(id), kind: JobKind(plugin: "witness", action: rule.name), params: "{}", repeatRule: rule,
      deadlineMilliseconds: 0, submittedAt: 0, status: status, fence: 1, attempt: attempt, node: nil,
      startedAt: nil, cancelRequested: false, progress: nil, reason: .returned)
  }

  static func ended(_ outcome: Outcome) -> JobStatus {
    .ended(
      JobEnd(
        outcome: outcome, code: 0, message: "", result: nil, leftBehind: [], usage: Usage(), finishedAt: 0))
  }

  @Test(
    "a lie about a job is found",
    arguments: [
      ("twice under one fence", row(1, .idempotent, ended(.succeeded), attempt: 2), [(1, 1), (1, 1)]),
      ("never, twice", row(1, .never, ended(.succeeded)), [(1, 1), (1, 2)]),
      ("more often than started", row(1, .idempotent, ended(.succeeded), attempt: 1), [(1, 1), (1, 2)]),
      ("succeeded, never entered", row(1, .never, ended(.succeeded)), []),
      ("warning, never entered", row(1, .never, ended(.warning)), []),
      ("failed, never entered", row(1, .never, ended(.failed)), []),
      ("cancelled before its start, entered", row(1, .never, ended(.cancelled), attempt: 0), [(1, 1)]),
      ("ready and entered", row(1, .never, .live(.ready), attempt: 0), [(1, 1)]),
      ("leased and entered", row(1, .never, .live(.leased), attempt: 0), [(1, 1)]),
      ("lost, twice", row(1, .never, .live(.lost)), [(1, 1), (1, 2)]),
      ("unknown", row(2, .never, .live(.ready), attempt: 0), [(1, 1)]),
    ] as [(String, JobRow, [(Int, Int)])])
  func lies(_ name: String, _ row: JobRow, _ lines: [(Int, Int)]) {
    let witness = Witness(lines: lines.map { (Int64($0.0), Int64($0.1)) })
    #expect(!witness.disagreements(with: [row]).isEmpty, "\(name)")
  }

  @Test("a true story is believed")
  func truth() {
    let rows = [
      Self.row(1, .never, Self.ended(.succeeded)), Self.row(2, .idempotent, Self.ended(.failed), attempt: 3),
      Self.row(3, .never, .live(.lost)), Self.row(4, .never, Self.ended(.cancelled), attempt: 0),
      Self.row(5, .idempotent, .live(.ready), attempt: 1),
    ]
    let witness = Witness(lines: [(1, 1), (2, 1), (2, 3), (5, 1)])
    #expect(witness.disagreements(with: rows) == [])
  }
}
