import DataModel
package import Storage
import Synchronization

/// One claimed job in this worker, from its lease to its stored outcome.
package final class ActiveRun: Sendable {
  enum Phase {
    case leased
    /// The start was sent; whether it is committed is not known yet.
    case starting
    case running
    /// Did not end within its grace time.
    case zombie
    /// Returned; the outcome is on its way to the store.
    case finished
  }

  struct State {
    var phase = Phase.leased
    /// Bits raised before there was a run to raise them on.
    var early: UInt32 = 0
    /// Set when the start is committed.
    var run: (any EnteredRun)?
    /// The store said that the job is no longer ours: nothing more is written for it.
    var isFenced = false
    var isCancelSeen = false
  }

  package let lease: Lease
  /// Of the generation that was active at the claim: it stays this run's to the end.
  let maker: RunMaker
  let state = Mutex(State())

  init(lease: Lease, maker: @escaping RunMaker) {
    self.lease = lease
    self.maker = maker
  }

  package var id: JobRun { lease.run }

  /// Names this run's timers.
  var timerKey: ObjectIdentifier { ObjectIdentifier(self) }

  /// What a hello says of it.
  var inventoryEntry: InventoryEntry {
    let phase: InventoryEntry.Phase = state.withLock {
      switch $0.phase {
      case .leased: .leased
      case .starting: .starting
      case .running: .running
      case .zombie: .zombie
      // Its outcome is on its way through the writer, which sends it until it is answered.
      case .finished: .running
      }
    }
    return InventoryEntry(job: id.job, fence: id.fence, phase: phase)
  }

  /// Raises stop bits, now or as soon as the run exists.
  func raise(_ bits: UInt32) {
    let run = state.withLock { state -> (any EnteredRun)? in
      if state.run == nil { state.early |= bits }
      if bits & StopBits.fenced != 0 { state.isFenced = true }
      return state.run
    }
    run?.raise(bits)
  }

  /// leased → starting; false when it was sent before.
  func markStarting() -> Bool {
    state.withLock {
      guard case .leased = $0.phase else { return false }
      $0.phase = .starting
      return true
    }
  }

  /// The start is committed. Gives the right to enter exactly once, however often the store says so.
  func markRunning(_ run: any EnteredRun) -> Bool {
    let early = state.withLock { state -> UInt32? in
      guard case .starting = state.phase, !state.isFenced else { return nil }
      state.phase = .running
      state.run = run
      return state.early
    }
    guard let early else { return false }
    if early != 0 { run.raise(early) }
    return true
  }

  /// running → zombie; false when it has returned meanwhile.
  func markZombie() -> Bool {
    state.withLock {
      guard case .running = $0.phase else { return false }
      $0.phase = .zombie
      return true
    }
  }

  /// What is to be told to the store about a run that has returned.
  func markReturned(_ end: RunEnd) -> RunWrite? {
    state.withLock {
      if $0.isFenced { return nil }
      if case .zombie = $0.phase { return RunWrite(id, .zombieReturned) }
      $0.phase = .finished
      return RunWrite(id, .finish(end))
    }
  }
}
