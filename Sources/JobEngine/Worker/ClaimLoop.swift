import DataModel
import Storage
import Synchronization
import Threading

/// Takes ready jobs whenever there is a free slot, and learns on the same way what was asked of this worker:
/// cancels, its order, new plug-ins. Woken by signals; without them it asks every two seconds.
final class ClaimLoop: Sendable {
  /// Jobs of one claim: enough for a few commits a second under load, few enough for a short transaction.
  private static let batch = 512
  private static let pollMilliseconds: Int64 = 2000

  private let session: StoreSession
  private let inventory: RunInventory
  private let generations: GenerationTable
  private let runner: JobRunner
  private let ladder: CancelLadder
  private let slots: Int
  private let bell: Bell
  private let order = Mutex(NodeOrder.run)
  /// The last claim took all that the free slots allowed: there may be more.
  private let isStarved = Atomic(false)
  private let onPlugins: @Sendable () -> Void

  init(
    session: StoreSession, inventory: RunInventory, generations: GenerationTable, runner: JobRunner,
    ladder: CancelLadder, slots: Int, bell: Bell, onPlugins: @escaping @Sendable () -> Void
  ) {
    self.session = session
    self.inventory = inventory
    self.generations = generations
    self.runner = runner
    self.ladder = ladder
    self.slots = slots
    self.bell = bell
    self.onPlugins = onPlugins
  }

  var isDraining: Bool { order.withLock { $0 == .drain } }

  /// As the store's order would: for a TERM that reaches the worker itself.
  func drain() {
    order.withLock { $0 = .drain }
    bell.ring()
  }

  /// A run has ended. Only a loop that was held back by its slots has anything to do now.
  func slotFreed() {
    if isStarved.exchange(false, ordering: .sequentiallyConsistent) || isDraining { bell.ring() }
  }

  /// The loop's thread: until the session is over.
  func run() {
    while !session.isOver {
      let wantsMore = claimOnce()
      if isDraining && inventory.count == 0 { return }
      if !wantsMore { bell.wait(milliseconds: Self.pollMilliseconds) }
    }
  }

  /// One question to the store; true when there is likely more to take at once.
  private func claimOnce() -> Bool {
    let kinds = generations.kinds
    let mayClaim = !isDraining && !kinds.isEmpty
    let limit = mayClaim ? min(Self.batch, max(0, slots - inventory.slotsInUse)) : 0
    do {
      let answer = try session.perform(
        { ClaimJobs(node: $0, kinds: kinds, limit: limit) }, repeated: false,
        giveUp: { self.isDraining && self.inventory.count == 0 })
      let tookAll = mayClaim && answer.leases.count == limit
      isStarved.store(tookAll, ordering: .sequentiallyConsistent)
      take(answer)
      // A slot that was freed before the mark was set rang nobody: looked at here.
      return tookAll && inventory.slotsInUse < slots
    } catch  where error.code == .inDoubt {
      // What was claimed and not heard of is handed back by the next hello.
      return true
    } catch {
      if error.code != .closed { EngineLog.error("cannot claim jobs: \(error)") }
      return false
    }
  }

  private func take(_ answer: ClaimAnswer) {
    for run in answer.cancels {
      if let active = inventory.run(run) { ladder.cancel(active) }
    }
    if answer.order == .drain { order.withLock { $0 = .drain } }
    if answer.pluginRevision != generations.revision { onPlugins() }
    FaultPoint.reach("worker.claimed")
    var begun: [ActiveRun] = []
    for lease in answer.leases {
      guard let action = generations.action(lease.kind) else {
        runner.handBack(lease.run)
        continue
      }
      begun.append(ActiveRun(lease: lease, action: action))
    }
    if !begun.isEmpty { runner.begin(begun) }
  }
}
