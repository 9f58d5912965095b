import DataModel
import JobEngine
import Storage
import Supervision
import Synchronization
import Threading

/// The workers as `serve` sees them: the store's rows, what their processes and connections say, what holds them.
final class WorkerRoster: Sendable {
  /// A worker asks for jobs every two seconds, whatever it runs: after three times in vain it is called silent.
  static let patienceMilliseconds: Milliseconds = 6000

  private let store: any Store
  private let server: StoreServer
  private let supervisor: WorkerSupervisor
  private let told = Mutex<Set<NodeID>>([])

  init(store: any Store, server: StoreServer, supervisor: WorkerSupervisor) {
    self.store = store
    self.server = server
    self.supervisor = supervisor
  }

  func list() throws(StoreError) -> [WorkerFacts] {
    try store.perform(ListNodes()).map(facts)
  }

  private func facts(_ node: NodeRow) -> WorkerFacts {
    let cage = supervisor.cage(of: node.process.pid)
    var facts = WorkerFacts(
      node: node, state: node.order == .drain ? .draining : .running, limits: cage?.limits ?? [],
      gaps: cage?.gaps ?? [])
    let now = WallClock.milliseconds
    let silent = server.silence(of: node.id)
    let away = supervisor.awaySince(node.process.pid) ?? node.since
    let silence = Self.silence(
      milliseconds: silent ?? now - away, isConnected: silent != nil,
      isStopped: ProcessFacts(pid: node.process.pid)?.isStopped ?? false)
    if let silence {
      facts.state = .unresponsive
      facts.silence = silence
      facts.silentSince = silent.map { now - $0 } ?? away
    }
    return facts
  }

  /// Why a worker is to be called unresponsive, nil when it is not. Pure.
  static func silence(milliseconds: Milliseconds, isConnected: Bool, isStopped: Bool) -> String? {
    if isStopped { return "its process is stopped" }
    if milliseconds <= patienceMilliseconds { return nil }
    return isConnected ? "it says nothing, though it is connected" : "it has no connection to this engine"
  }

  /// Logs whoever became silent, and whoever speaks again.
  func tellSilence() {
    guard let workers = try? list() else { return }
    for worker in workers {
      let isSilent = worker.state == .unresponsive
      let isNews = told.withLock { told in
        isSilent ? told.insert(worker.node.id).inserted : told.remove(worker.node.id) != nil
      }
      guard isNews else { continue }
      let name = "worker \(worker.node.id) (pid \(worker.node.process.pid))"
      if isSilent {
        EngineLog.error(
          "\(name) is unresponsive: \(worker.silence); its \(worker.node.activeJobs) jobs stay its own. "
            + "`bulkhead workers kill \(worker.node.id)` ends it")
      } else {
        EngineLog.info("\(name) answers again")
      }
    }
    told.withLock { $0.formIntersection(Set(workers.map(\.node.id))) }
  }

  /// Drains or kills one; the process whose end its asker may wait for.
  func command(_ command: CommandWorker) throws(StoreError) -> ProcessIdentity {
    guard let node = try store.perform(ListNodes()).first(where: { $0.id == command.node }) else {
      throw StoreError(
        .notFound, "there is no worker \(command.node) that has not ended",
        cure: "see `bulkhead workers list`")
    }
    switch command.mode {
    case .drain:
      EngineLog.info("worker \(node.id) is drained by hand; another takes its place")
      supervisor.replace(pid: node.process.pid)
      _ = try store.perform(OrderNode(node: node.id, order: .drain))
    case .kill:
      EngineLog.info("worker \(node.id) (pid \(node.process.pid)) is killed by hand")
      try supervisor.kill(pid: node.process.pid, of: node.id)
    }
    return node.process
  }
}
