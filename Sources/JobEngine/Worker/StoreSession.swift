import DataModel
package import Storage
import Synchronization
import Threading

/// Opens one connection to the store; `onEnd` is called once when that connection ends.
package typealias StoreDialer =
  @Sendable (_ onEnd: @escaping @Sendable () -> Void) throws(StoreError) -> any Store

/// The worker's one connection to the store, over all its ends and beginnings: dials, says hello with the whole
/// inventory, and lets callers wait while nobody serves.
final class StoreSession: Sendable {
  enum State {
    /// Not connected since that monotonic time (ns).
    case down(Int64)
    case up(any Store, NodeID)
    /// Ended for good: nothing is performed any more.
    case over
  }

  private let dial: StoreDialer
  private let process: ProcessIdentity
  private let group: String
  /// The store answered that it has ended this node: going on is pointless.
  private let onFenced: @Sendable () -> Void
  private let state: Condition<State>
  private let node: Mutex<NodeID?>

  init(
    process: ProcessIdentity, group: String, dial: @escaping StoreDialer,
    onFenced: @escaping @Sendable () -> Void
  ) {
    self.process = process
    self.group = group
    self.onFenced = onFenced
    self.dial = dial
    node = Mutex(nil)
    state = Condition(.down(MonotonicClock.nanoseconds))
  }

  /// Over a store in this process, which does not go away, as the node that it has given.
  init(local store: any Store, process: ProcessIdentity, node: NodeID) {
    self.process = process
    group = WorkerGroup.shared
    onFenced = {}
    dial = { _ in store }
    self.node = Mutex(node)
    state = Condition(.up(store, node))
  }

  /// How long it has been without a store, in milliseconds; 0 while connected.
  var millisecondsAway: Int64 {
    state.withLock {
      guard case .down(let since) = $0 else { return 0 }
      return (MonotonicClock.nanoseconds - since) / 1_000_000
    }
  }

  var isOver: Bool {
    state.withLock { if case .over = $0 { true } else { false } }
  }

  /// No more dialling; callers that wait get `.closed`.
  func end() {
    state.update { $0 = .over }
  }

  /// Performs a verb, waiting for a connection first. A connection that ends in the middle gives `.inDoubt`,
  /// unless the verb may be `repeated`: then it is sent again to the next one. `giveUp` is asked about every
  /// 100 ms while nobody serves; true gives `.closed`.
  func perform<V: StoreVerb>(
    _ verb: (NodeID) -> V, repeated: Bool, giveUp: () -> Bool = { false }
  ) throws(StoreError) -> V.Reply {
    while true {
      let (store, node) = try link(giveUp)
      do {
        return try store.perform(verb(node))
      } catch let error where error.code == .inDoubt || error.code == .noEngine || error.code == .closed {
        waitForEnd(of: store)
        if !repeated { throw StoreError(.inDoubt, error.message) }
      } catch  where error.code == .fenced {
        onFenced()
        throw error
      }
    }
  }

  private func link(_ giveUp: () -> Bool) throws(StoreError) -> (any Store, NodeID) {
    while true {
      let found = state.wait(milliseconds: 100) { state -> Result<(any Store, NodeID), StoreError>? in
        switch state {
        case .down: nil
        case .up(let store, let node): .success((store, node))
        case .over: .failure(StoreError(.closed, "the worker is ending"))
        }
      }
      if let found { return try found.get() }
      if giveUp() { throw StoreError(.closed, "stopped while no engine served the store") }
    }
  }

  /// The connection's own thread says that it ended; until then a caller would spin on a dead one.
  private func waitForEnd(of store: any Store) {
    _ = state.wait(milliseconds: 100) { state -> Bool? in
      if case .up(let current, _) = state, current === store { return nil }
      return true
    }
  }

  /// Dials, says hello, and stays until the connection ends. `settle` gets each entry of the inventory with its
  /// verdict before anybody else may use the connection; `opened` runs right after.
  func connectOnce(
    inventory: () -> [ActiveRun], settle: (ActiveRun, HelloAnswer.Verdict) -> Void,
    onSignal: @escaping @Sendable (StoreSignal) -> Void, opened: () -> Void
  ) throws(StoreError) {
    let ended = Bell()
    let store = try dial { ended.ring() }
    FaultPoint.reach("worker.before_hello")
    let runs = inventory()
    let known = node.withLock { $0 }
    let answer = try store.perform(
      Hello(node: known, process: process, inventory: runs.map(\.inventoryEntry), group: group))
    node.withLock { $0 = answer.node }
    EngineLog.info("worker \(answer.node) is connected; the store settled \(runs.count) jobs with it")
    for (run, verdict) in zip(runs, answer.verdicts) { settle(run, verdict) }
    let observation = try store.observe(.worker(answer.node), onSignal)
    defer { observation.cancel() }
    state.update { if case .over = $0 { return } else { $0 = .up(store, answer.node) } }
    opened()
    ended.wait(milliseconds: nil)
    EngineLog.info("worker \(answer.node): the engine went away; running jobs go on")
    state.update {
      if case .over = $0 { return } else { $0 = .down(MonotonicClock.nanoseconds) }
    }
  }

  /// Waits a moment before the next dial; returns early when the session is over.
  func pause(milliseconds: Int64) {
    _ = state.wait(milliseconds: milliseconds) { if case .over = $0 { true } else { nil } }
  }
}
