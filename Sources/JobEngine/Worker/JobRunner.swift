import DataModel
import Storage

/// Takes a claimed job from its lease to its stored outcome. The way of one job, top to bottom:
/// lease → start (committed) → enter the plug-in on a thread → outcome → finish (committed).
final class JobRunner: Sendable {
  private let inventory: RunInventory
  private let writer: RunWriter
  private let ladder: CancelLadder
  private let log: WorkerLog
  /// Called when a slot became free.
  private let onFree: @Sendable () -> Void

  init(
    inventory: RunInventory, writer: RunWriter, ladder: CancelLadder, log: WorkerLog,
    onFree: @escaping @Sendable () -> Void
  ) {
    self.inventory = inventory
    self.writer = writer
    self.ladder = ladder
    self.log = log
    self.onFree = onFree
  }

  /// Takes leases in and sends their starts in one go.
  func begin(_ runs: [ActiveRun]) {
    for run in runs { inventory.add(run) }
    sendStarts(runs.filter { $0.markStarting() })
  }

  /// Gives back a lease that this worker cannot run after all.
  func handBack(_ run: JobRun) {
    writer.send(RunWrite(run, .handBack))
  }

  /// Sends a start: at first, or again when a hello said that it was not committed.
  func sendStarts(_ runs: [ActiveRun]) {
    writer.send(
      runs.map { run in
        (RunWrite(run.id, .start), { [weak self] answer in self?.started(run, answer) })
      })
  }

  /// The start is committed (or this run is too late): from here on the job is never entered again by others.
  func started(_ active: ActiveRun, _ answer: RunAnswer) {
    guard answer == .done else {
      log.info(
        "job \(active.id.job): not entered, it was cancelled or given to another worker meanwhile")
      return forget(active)
    }
    let run = active.maker(active)
    guard active.markRunning(run) else { return }
    run.enter(
      began: { [self] in
        FaultPoint.reach("run.before_entry")
        ladder.begin(active)
      },
      ended: { [self] end in
        ladder.end(active)
        FaultPoint.reach("run.before_finish")
        settle(active, end.fitting)
      })
  }

  private func settle(_ active: ActiveRun, _ end: RunEnd) {
    guard let write = active.markReturned(end) else { return forget(active) }
    writer.send(write) { [weak self, log] answer in
      if answer == .fenced {
        log.info("job \(active.id.job): returned \(end.code) too late, the job is no longer this worker's")
      }
      self?.forget(active)
    }
  }

  func forget(_ active: ActiveRun) {
    inventory.remove(active.id)
    onFree()
  }

  /// What a hello says of a run.
  func settle(_ active: ActiveRun, _ verdict: HelloAnswer.Verdict) {
    switch verdict {
    case .keep: keep(active)
    case .enter: started(active, .done)
    case .startAgain: sendStarts([active])
    case .stored: forget(active)
    case .cancel: ladder.cancel(active)
    case .fenced: fence(active)
    }
  }

  private func keep(_ active: ActiveRun) {
    switch active.inventoryEntry.phase {
    case .leased: if active.markStarting() { sendStarts([active]) }
    case .zombie: writer.send(RunWrite(active.id, .endGrace))
    default: break
    }
  }

  /// The job went on without this run: what has not been entered never is, what runs is told to end.
  private func fence(_ active: ActiveRun) {
    active.raise(StopBits.fenced)
    switch active.inventoryEntry.phase {
    case .running, .zombie: break
    default: forget(active)
    }
  }
}
