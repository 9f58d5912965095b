package import DataModel
package import Storage
import Synchronization

/// What holds back a worker's claims: its slots and its order. Told by those whose job ends, read by the claims.
final class ClaimGate: Sendable {
  private let order = Mutex(NodeOrder.run)
  /// The last claim took all that the free slots allowed: there may be more.
  private let isStarved = Atomic(false)
  /// Makes the worker ask the store now.
  let wake: @Sendable () -> Void

  init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

  var isDraining: Bool { order.withLock { $0 == .drain } }

  func drain() { order.withLock { $0 = .drain } }

  func mark(isStarved: Bool) { self.isStarved.store(isStarved, ordering: .sequentiallyConsistent) }

  /// A run has ended. Only claims that were held back by their slots have anything to do now.
  func slotFreed() {
    if isStarved.exchange(false, ordering: .sequentiallyConsistent) || isDraining { wake() }
  }
}

/// One question of a worker to the store: more jobs, and what was asked of it meanwhile.
package struct ClaimQuestion: Sendable {
  let kinds: [JobKind]
  let limit: Int
  let mayClaim: Bool

  package func verb(_ node: NodeID) -> ClaimJobs { ClaimJobs(node: node, kinds: kinds, limit: limit) }
}

/// The two halves of a claim, between which the question is on its way: what is asked, and what follows from the
/// answer. One question at a time.
package final class ClaimStep: Sendable {
  /// Jobs of one claim: enough for a few commits a second under load, few enough for a short transaction.
  private static let batch = 512
  /// Without a wake-up the next question follows after so long.
  package static let pollMilliseconds: Int64 = 2000

  private let inventory: RunInventory
  private let place: any RunPlace
  private let runner: JobRunner
  private let ladder: CancelLadder
  private let slots: Int
  private let gate: ClaimGate
  private let log: WorkerLog
  private let onPlugins: @Sendable () -> Void

  init(
    inventory: RunInventory, place: any RunPlace, runner: JobRunner, ladder: CancelLadder, slots: Int,
    gate: ClaimGate, log: WorkerLog, onPlugins: @escaping @Sendable () -> Void
  ) {
    self.inventory = inventory
    self.place = place
    self.runner = runner
    self.ladder = ladder
    self.slots = slots
    self.gate = gate
    self.log = log
    self.onPlugins = onPlugins
  }

  /// It was told to drain, and nothing is left: no more questions.
  package var isDone: Bool { gate.isDraining && inventory.count == 0 }

  /// It claims nothing more.
  package var isDraining: Bool { gate.isDraining }

  /// As the store's order would: for a TERM that reaches the worker itself.
  package func drain() {
    gate.drain()
    gate.wake()
  }

  package func question() -> ClaimQuestion {
    let kinds = place.kinds
    let mayClaim = !gate.isDraining && !kinds.isEmpty
    let limit = mayClaim ? min(Self.batch, max(0, slots - inventory.slotsInUse)) : 0
    return ClaimQuestion(kinds: kinds, limit: limit, mayClaim: mayClaim)
  }

  /// Does what the answer says; true when there is likely more to take at once.
  package func settle(_ question: ClaimQuestion, _ answer: Result<ClaimAnswer, StoreError>) -> Bool {
    switch answer {
    case .success(let answer):
      let tookAll = question.mayClaim && answer.leases.count == question.limit
      gate.mark(isStarved: tookAll)
      take(answer)
      // A slot that was freed before the mark was set rang nobody: looked at here.
      return tookAll && inventory.slotsInUse < slots
    case .failure(let error) where error.code == .inDoubt:
      // What was claimed and not heard of is handed back by the next hello.
      return true
    case .failure(let error):
      if error.code != .closed { log.error("cannot claim jobs: \(error)") }
      return false
    }
  }

  private func take(_ answer: ClaimAnswer) {
    for run in answer.cancels {
      if let active = inventory.run(run) { ladder.cancel(active) }
    }
    if answer.order == .drain { gate.drain() }
    if answer.pluginRevision != place.revision { onPlugins() }
    FaultPoint.reach("worker.claimed")
    var begun: [ActiveRun] = []
    for lease in answer.leases {
      guard let maker = place.maker(lease.kind) else {
        runner.handBack(lease.run)
        continue
      }
      begun.append(ActiveRun(lease: lease, maker: maker))
    }
    if !begun.isEmpty { runner.begin(begun) }
  }
}
