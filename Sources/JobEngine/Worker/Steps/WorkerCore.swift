package import DataModel
package import Storage

/// A worker's logic without its threads, its clock and its connection: what it holds, what it asks the store, and what
/// follows from each answer. `Worker` runs it on threads; the simulator steps it, one event at a time.
package final class WorkerCore: Sendable {
  package let claims: ClaimStep
  package let writer: RunWriter
  let inventory = RunInventory()
  private let runner: JobRunner

  /// `wake` is called when the store is to be asked for jobs now, `onPlugins` when its list of plug-ins has changed.
  package init(
    writer: RunWriter, place: any RunPlace, timer: any RunTimer, slots: Int, log: WorkerLog,
    wake: @escaping @Sendable () -> Void, onPlugins: @escaping @Sendable () -> Void
  ) {
    self.writer = writer
    let gate = ClaimGate(wake: wake)
    let ladder = CancelLadder(
      timer: timer, writer: writer, log: log,
      onZombie: { [inventory] run in
        inventory.noteZombie(run)
        gate.wake()
      })
    runner = JobRunner(
      inventory: inventory, writer: writer, ladder: ladder, log: log, onFree: { gate.slotFreed() })
    claims = ClaimStep(
      inventory: inventory, place: place, runner: runner, ladder: ladder, slots: slots, gate: gate, log: log,
      onPlugins: onPlugins)
  }

  /// Jobs that it holds, finished ones included whose outcome is not stored yet.
  package var count: Int { inventory.count }

  /// The first word on a new connection: call it when the connection is there.
  package func beginHello(
    node: NodeID?, process: ProcessIdentity, group: String = WorkerGroup.shared
  ) -> HelloStep {
    let runs = inventory.all
    return HelloStep(
      runs: runs,
      verb: Hello(node: node, process: process, inventory: runs.map(\.inventoryEntry), group: group))
  }

  /// Does what the store said of each job, before anything else is asked on that connection.
  package func finishHello(_ step: HelloStep, _ answer: HelloAnswer) {
    for (run, verdict) in zip(step.runs, answer.verdicts) { runner.settle(run, verdict) }
  }

  /// Another process answers for these jobs now: nothing more is written for them, and they are told to stop.
  package func letGo() {
    inventory.all.forEach { runner.settle($0, .fenced) }
  }
}

/// A hello on its way, with the jobs that it tells of.
package struct HelloStep: Sendable {
  let runs: [ActiveRun]
  package let verb: Hello

  package var count: Int { runs.count }
}

extension StoreError {
  /// The connection has ended: what was asked may have been done or not, and is asked again on the next one if it may
  /// be repeated.
  package var endsConnection: Bool { code == .inDoubt || code == .noEngine || code == .closed }
}
