import DataModel
import Storage
import Synchronization
import Threading

/// All that this worker holds: the answer to "what do you run?" at every hello.
final class RunInventory: Sendable {
  private let runs = Condition<[JobRun: ActiveRun]>([:])

  func add(_ run: ActiveRun) {
    runs.withLock { $0[run.id] = run }
  }

  func remove(_ id: JobRun) {
    runs.update { $0[id] = nil }
  }

  func run(_ id: JobRun) -> ActiveRun? { runs.withLock { $0[id] } }

  var all: [ActiveRun] { runs.withLock { Array($0.values) } }

  var count: Int { runs.withLock { $0.count } }

  /// Waits until nothing is held; false when the time passed first.
  func waitUntilEmpty(milliseconds: Int64) -> Bool {
    runs.wait(milliseconds: milliseconds) { $0.isEmpty ? true : nil } ?? false
  }
}
