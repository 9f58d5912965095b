package import DataModel
package import Storage

/// Plays worlds: one a seed.
package struct Simulator: Sendable {
  /// Opens an empty store in memory with that clock.
  package typealias StoreMaker =
    @Sendable (_ clock: @escaping @Sendable () -> Milliseconds) throws(StoreError) -> SQLStore

  /// What one seed gave.
  package struct Report: Sendable {
    package let seed: UInt64
    /// The same for the same seed, on every machine.
    package let hash: HistoryHash
    /// Entries of the history.
    package let entries: Int
    package let jobs: Int
    package let violations: [String]
    /// How often each change of a job's state was met.
    package let arrows: [String: Int]
    /// Outcomes that went to an outbox.
    package let kept: Int
    /// The history's last entries, when something was violated.
    package let last: [String]
    /// The whole history, when it was asked for.
    package let trace: [String]
  }

  private let makeStore: StoreMaker
  private let mutant: Mutant?

  package init(mutant: Mutant? = nil, makeStore: @escaping StoreMaker) {
    self.makeStore = makeStore
    self.mutant = mutant
  }

  package func run(seed: UInt64, keepsTrace: Bool = false) throws(StoreError) -> Report {
    let clock = SimulatedClock()
    let store = try makeStore { clock.now }
    defer { store.close() }
    let world = World(seed: seed, clock: clock, store: store, mutant: mutant, keepsTrace: keepsTrace)
    world.run()
    let history = world.history
    defer { world.dismantle() }
    return Report(
      seed: seed, hash: history.hash, entries: history.count, jobs: history.checker.jobs.count,
      violations: history.violations, arrows: history.arrows, kept: history.kept,
      last: history.violations.isEmpty ? [] : history.last,
      trace: history.trace)
  }
}
