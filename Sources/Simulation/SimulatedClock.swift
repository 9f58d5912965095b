package import DataModel
import Synchronization

/// A clock that moves only when it is told to: the simulation's time.
package final class SimulatedClock: Sendable {
  private let milliseconds: Atomic<Int64>

  /// Begins at a fixed instant, so that a seed gives the same history on every day.
  package init(start: Milliseconds = 1_800_000_000_000) { milliseconds = Atomic(start) }

  package var now: Milliseconds { milliseconds.load(ordering: .relaxed) }

  /// Goes on, or back when the jump is negative.
  package func pass(_ jump: Milliseconds) { milliseconds.add(jump, ordering: .relaxed) }
}
