import DataModel
import Storage
import Synchronization
import Threading

/// All that this worker holds: the answer to "what do you run?" at every hello.
final class RunInventory: Sendable {
  private struct State {
    var runs: [JobRun: ActiveRun] = [:]
    /// Those that take no slot any more: theirs was replaced.
    var zombies: Set<JobRun> = []
  }

  private let state = Threading.Condition(State())

  func add(_ run: ActiveRun) {
    state.withLock { $0.runs[run.id] = run }
  }

  func remove(_ id: JobRun) {
    state.update {
      $0.runs[id] = nil
      $0.zombies.remove(id)
    }
  }

  /// The run's slot is given to others from now on.
  func noteZombie(_ id: JobRun) {
    state.withLock { state in
      if state.runs[id] != nil { state.zombies.insert(id) }
    }
  }

  func run(_ id: JobRun) -> ActiveRun? { state.withLock { $0.runs[id] } }

  /// By job, so that the same inventory makes the same hello.
  var all: [ActiveRun] {
    state.withLock { Array($0.runs.values) }.sorted { ($0.id.job, $0.id.fence) < ($1.id.job, $1.id.fence) }
  }

  var count: Int { state.withLock { $0.runs.count } }

  var slotsInUse: Int { state.withLock { $0.runs.count - $0.zombies.count } }

  /// Waits until nothing is held; false when the time passed first.
  func waitUntilEmpty(milliseconds: Int64) -> Bool {
    state.wait(milliseconds: milliseconds) { $0.runs.isEmpty ? true : nil } ?? false
  }
}
