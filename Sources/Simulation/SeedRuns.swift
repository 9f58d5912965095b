package import Storage
import Synchronization
import Threading

/// Many seeds on several threads, one world a thread at a time.
package final class SeedRuns: Sendable {
  /// How far it is, and what was found.
  package struct Summary: Sendable {
    package var seeds = 0
    package var jobs = 0
    package var entries = 0
    /// How often each change of a job's state was met.
    package var arrows: [String: Int] = [:]
    /// Outcomes that went to an outbox.
    package var kept = 0
    /// The lowest seeds first.
    package var failures: [Simulator.Report] = []
    package var nanoseconds: Int64 = 0

    package var seedsPerSecond: Double {
      nanoseconds > 0 ? Double(seeds) * 1_000_000_000 / Double(nanoseconds) : 0
    }
  }

  /// More failures than this tell nothing new: the rest is not run.
  private static let maximumFailures = 10

  private let simulator: Simulator
  private let first: UInt64
  private let count: Int
  private let next = Atomic(0)
  private let state = Condition((summary: Summary(), error: StoreError?.none, threads: 0))

  package init(_ simulator: Simulator, first: UInt64, count: Int) {
    self.simulator = simulator
    self.first = first
    self.count = count
  }

  /// Runs them all; `progress` is called about ten times a second on the calling thread.
  package func run(threads: Int, progress: (Summary) -> Void = { _ in }) throws(StoreError) -> Summary {
    let start = MonotonicClock.nanoseconds
    state.withLock { $0.threads = max(threads, 1) }
    for number in 0..<max(threads, 1) {
      OSThread("bh-seeds-\(number)") { [self] in
        work()
        state.update { $0.threads -= 1 }
      }
    }
    while true {
      let isOver = state.wait(milliseconds: 100) { $0.threads == 0 ? true : nil } ?? false
      var summary = state.withLock { $0.summary }
      summary.nanoseconds = MonotonicClock.nanoseconds - start
      progress(summary)
      guard isOver else { continue }
      if let error = state.withLock({ $0.error }) { throw error }
      summary.failures.sort { $0.seed < $1.seed }
      return summary
    }
  }

  private func work() {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count, state.withLock({ $0.summary.failures.count < Self.maximumFailures }) else {
        return
      }
      do throws(StoreError) {
        let report = try simulator.run(seed: first &+ UInt64(index))
        state.withLock { state in
          state.summary.seeds += 1
          state.summary.jobs += report.jobs
          state.summary.entries += report.entries
          state.summary.kept += report.kept
          state.summary.arrows.merge(report.arrows, uniquingKeysWith: +)
          if !report.violations.isEmpty { state.summary.failures.append(report) }
        }
      } catch {
        return state.withLock { $0.error = error }
      }
    }
  }
}
