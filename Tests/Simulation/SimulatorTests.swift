import DataModel
import Foundation
import SQLiteStorage
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Simulation

/// The engine's logic in simulated worlds. BULKHEAD_SEEDS says how many, BULKHEAD_FIRST_SEED with which they begin.
@Suite("The simulator", .serialized)
struct SimulatorTests {
  static let seeds = Int(ProcessInfo.processInfo.environment["BULKHEAD_SEEDS"] ?? "") ?? 200
  static let first = UInt64(ProcessInfo.processInfo.environment["BULKHEAD_FIRST_SEED"] ?? "") ?? 1

  static func simulator(_ mutant: Mutant? = nil) -> Simulator {
    Simulator(mutant: mutant) { clock throws(StoreError) in try SQLiteStore.inMemory(clock: clock) }
  }

  @Test("whatever happens to a world, every promise is kept")
  func promises() async throws {
    let summary = try await onThread {
      try SeedRuns(Self.simulator(), first: Self.first, count: Self.seeds).run(threads: 2)
    }
    for failure in summary.failures {
      Issue.record("seed \(failure.seed): \(failure.violations)\n\(failure.last.joined(separator: "\n"))")
    }
    #expect(summary.seeds == Self.seeds)
  }

  @Test("a seed gives the same history every time, and another seed another")
  func deterministic() async throws {
    try await onThread {
      for seed: UInt64 in 1...12 {
        let reports = try (0..<2).map { _ in try Self.simulator().run(seed: seed, keepsTrace: true) }
        #expect(reports[0].hash == reports[1].hash, "seed \(seed)")
        #expect(reports[0].trace == reports[1].trace, "seed \(seed)")
        #expect(try Self.simulator().run(seed: seed + 1000).hash != reports[0].hash)
      }
    }
  }

  /// Numbers written down: dictionaries that are read in their own order would change them from process to process.
  @Test("a seed gives the same history in every process")
  func sameEverywhere() async throws {
    let hash = try await onThread { try Self.simulator().run(seed: 2026).hash.description }
    let other = try await onThread { try CommandRun(["verify", "--seed", "2026", "--json"]).output }
    #expect(other.contains("\"hash\":\"\(hash)\""))
  }

  @Test("the worlds meet every change of state that can happen on one machine")
  func coverage() async throws {
    let summary = try await onThread {
      try SeedRuns(Self.simulator(), first: 1, count: max(200, Self.seeds)).run(threads: 2)
    }
    let wanted = [
      " -> ready (submitted)", "ready -> leased (claimed)", "leased -> running (started)",
      "leased -> ready (disowned)", "leased -> ready (handed_back)", "leased -> ready (worker_ended)",
      "ready -> cancelled (cancelled_before_start)", "leased -> cancelled (cancelled_before_start)",
      "running -> cancelling (cancel_requested)", "running -> cancelling (deadline_passed)",
      "cancelling -> zombie (grace_over)", "zombie -> cancelled (zombie_returned)",
      "cancelling -> cancelled (returned)", "cancelling -> succeeded (cancel_too_late)",
      "cancelling -> timed_out (returned)", "running -> succeeded (returned)",
      "running -> failed (returned)", "running -> lost (worker_ended)", "running -> ready (worker_ended)",
      "running -> failed (attempts_exhausted)",
    ]
    for arrow in wanted { #expect(summary.arrows[arrow, default: 0] > 0, "\(arrow) was never met") }
    #expect(summary.kept > 0, "no outcome was ever kept in an outbox")
  }

  /// What the simulator found, and what it was.
  @Test(
    "a world that once broke a promise keeps it",
    arguments: [
      // A finish that came after its worker had been given up was answered as stored, though another outcome stood.
      1453,
      // An old run of a job in a worker's inventory hid that it did not hold the newest one, which stayed leased.
      27,
    ] as [UInt64])
  func regressions(seed: UInt64) async throws {
    let report = try await onThread { try Self.simulator().run(seed: seed) }
    #expect(report.violations == [])
  }
}

/// The simulator finds what is broken on purpose, each within so many seeds.
@Suite("Mutants")
struct MutantTests {
  static let limit: UInt64 = 500

  @Test("a broken rule is found", arguments: Mutant.allCases)
  func found(mutant: Mutant) async throws {
    let found = try await onThread { () -> Simulator.Report? in
      for seed in 1...Self.limit {
        let report = try SimulatorTests.simulator(mutant).run(seed: seed)
        if !report.violations.isEmpty { return report }
      }
      return nil
    }
    let report = try #require(found, "\(mutant) was not found in \(Self.limit) seeds")
    print("mutant \(mutant): seed \(report.seed): \(report.violations[0])")
    #expect(!report.last.isEmpty)
  }
}
