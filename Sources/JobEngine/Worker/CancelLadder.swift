import DataModel
import Storage
import Synchronization

/// Cancel and deadline, step by step: the stop word is set; after the grace time the run is a zombie, whose slot
/// is replaced and whose writes the store refuses. Clean-up has its own budget on top.
final class CancelLadder: Sendable {
  private let timer: any RunTimer
  private let writer: RunWriter
  private let log: WorkerLog
  private let onZombie: @Sendable (JobRun) -> Void

  init(
    timer: any RunTimer, writer: RunWriter, log: WorkerLog,
    onZombie: @escaping @Sendable (JobRun) -> Void
  ) {
    self.timer = timer
    self.writer = writer
    self.log = log
    self.onZombie = onZombie
  }

  /// The run is about to be entered: its deadline counts from here.
  func begin(_ active: ActiveRun) {
    let deadline = active.lease.deadlineMilliseconds
    guard deadline > 0 else { return }
    timer.schedule(afterMilliseconds: deadline, owner: active.timerKey) { [weak self, weak active] in
      guard let self, let active else { return }
      writer.send(RunWrite(active.id, .passDeadline))
      stop(active, StopBits.deadline)
    }
  }

  /// The run has returned, clean-up included.
  func end(_ active: ActiveRun) {
    timer.cancel(owner: active.timerKey)
  }

  /// Asked to stop by the store. Asking again does nothing more.
  func cancel(_ active: ActiveRun) {
    let isNew = active.state.withLock { state in
      defer { state.isCancelSeen = true }
      return !state.isCancelSeen
    }
    if isNew { stop(active, StopBits.cancel) }
  }

  private func stop(_ active: ActiveRun, _ bits: UInt32) {
    active.raise(bits)
    waitGrace(active, milliseconds: active.lease.graceMilliseconds)
  }

  private func waitGrace(_ active: ActiveRun, milliseconds: Int64) {
    timer.schedule(afterMilliseconds: milliseconds, owner: active.timerKey) { [weak self, weak active] in
      guard let self, let active else { return }
      graceOver(active)
    }
  }

  private func graceOver(_ active: ActiveRun) {
    let run = active.state.withLock { $0.run }
    // Not entered yet, or cleaning up within its own budget: look again later.
    if run == nil || run?.takeCleanupGrace() == true {
      let more = (run == nil ? 0 : active.lease.cleanupMilliseconds) + active.lease.graceMilliseconds
      return waitGrace(active, milliseconds: max(more, 100))
    }
    guard active.markZombie() else { return }
    writer.send(RunWrite(active.id, .endGrace)) { [onZombie] _ in onZombie(active.id) }
    active.state.withLock { $0.run }?.abandon()
    log.error(
      "job \(active.id.job) (\(active.lease.kind)) did not end within its grace time of "
        + "\(active.lease.graceMilliseconds) ms: it is a zombie now")
  }
}
