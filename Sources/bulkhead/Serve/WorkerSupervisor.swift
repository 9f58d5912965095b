import DataModel
import Glibc
import JobEngine
import Storage
import Supervision
import Synchronization
import Threading

/// Keeps one worker running beside this process: starts it, adopts the ones that outlived an earlier `serve`,
/// and when one ends makes sure of it, kills what it left, tells the store, and starts the next.
final class WorkerSupervisor: Sendable {
  private struct Watched {
    var handle: ProcessHandle
    var startedAt: Milliseconds
    var isConnected = false
    /// It claims nothing more: another is needed beside it.
    var isDraining = false

    var isAtWork: Bool { isConnected && !isDraining }
  }

  private struct State {
    var workers: [Int32: Watched] = [:]
    var policy = RestartPolicy()
    var isStopping = false
    var isKilling = false
    var isStarting = false
    /// Faults are armed in the first worker only: the next one has to live.
    var firstWorkerFaults: String?
  }

  /// How long an adopted worker may take to come back before another is started beside it.
  private static let adoptionMilliseconds: Int64 = 2000

  private let store: any Store
  private let outbox: OutboxFolder
  private let executable: String
  private let arguments: [String]
  private let environment: [String: String]
  private let state: Threading.Condition<State>

  init(
    store: any Store, executable: String, outbox: OutboxFolder, arguments: [String],
    environment: [String: String]
  ) {
    self.store = store
    self.outbox = outbox
    self.executable = executable
    self.arguments = arguments
    var inherited = environment
    let faults = inherited.removeValue(forKey: "BULKHEAD_WORKER_FAULT")
    inherited["BULKHEAD_FAULT"] = nil
    self.environment = inherited
    state = Threading.Condition(State(firstWorkerFaults: faults))
  }

  /// Settles the nodes that an earlier `serve` left: adopts the living, ends the dead. Call it before the socket
  /// opens; then `ensureWorker`.
  func adopt() throws(StoreError) {
    let boot = ProcessFacts.bootID()
    for node in try store.perform(ListNodes()) {
      let process = node.process
      let isHere = process.bootID == boot
      let look = isHere ? ProcessHandle.look(pid: process.pid, startTicks: process.startTicks) : .ended
      if case .unknown(let why) = look {
        throw StoreError(
          .invalid,
          "it is not known whether worker \(node.id) (pid \(process.pid)) still runs its jobs: \(why)",
          cure: "let serve read /proc and open more files, then start it again")
      }
      if case .living(let handle) = look {
        EngineLog.info("adopting worker \(node.id) (pid \(process.pid)) with \(node.activeJobs) jobs")
        watch(handle)
        if node.order == .drain { state.update { $0.workers[process.pid]?.isDraining = true } }
      } else {
        if isHere { killLeftovers(session: process.pid) }
        end(node.id, process, "had ended before this engine started")
      }
    }
  }

  /// Starts a worker when none lives; gives an adopted one a moment to come back first.
  func ensureWorker() {
    OSThread("bh-ensure") { [self] in
      _ = state.wait(milliseconds: Self.adoptionMilliseconds) { state -> Bool? in
        state.workers.isEmpty || state.isStopping || state.workers.values.contains(where: \.isAtWork)
          ? true : nil
      }
      let isNeeded = state.withLock { !$0.workers.values.contains(where: \.isAtWork) }
      if isNeeded { start() }
    }
  }

  /// A connection said hello as that node and process. It may be one that nobody here knows: started by an earlier
  /// `serve` that was killed before it heard of it, or ended before its hello was read.
  func connected(_ node: NodeID, _ process: ProcessIdentity) {
    // One that is being started is known in a moment.
    _ = state.wait(milliseconds: 5000) { $0.isStarting ? nil : true }
    let isKnown = state.update { state in
      guard state.workers[process.pid]?.handle.facts.startTicks == process.startTicks else { return false }
      state.workers[process.pid]?.isConnected = true
      return true
    }
    if isKnown {
      // It was no node yet when the others were told to end: it is told now.
      if state.withLock({ $0.isStopping }) { drain(node) }
      return
    }
    // On a thread of its own: it may have to wait, and other questions must not.
    OSThread("bh-stray") { [self] in takeOver(node, process) }
  }

  private func takeOver(_ node: NodeID, _ process: ProcessIdentity) {
    var handle: ProcessHandle?
    while handle == nil {
      let isHere = process.bootID == ProcessFacts.bootID()
      switch isHere ? ProcessHandle.look(pid: process.pid, startTicks: process.startTicks) : .ended {
      case .living(let living): handle = living
      case .ended:
        if isHere { killLeftovers(session: process.pid) }
        return end(node, process, "had ended before its hello was read")
      case .unknown(let why):
        EngineLog.error("worker \(node) cannot be watched, trying again in a second: \(why)")
        _ = state.wait(milliseconds: 1000) { _ -> Bool? in nil }
      }
    }
    guard let handle else { return }
    EngineLog.info("worker \(node) (pid \(process.pid)) was started by an earlier engine: taking it over")
    let isSurplus = state.withLock { $0.isStopping || $0.workers.values.contains { !$0.isDraining } }
    watch(handle)
    state.update {
      $0.workers[process.pid]?.isConnected = true
      $0.workers[process.pid]?.isDraining = isSurplus
    }
    if isSurplus { drain(node) }  // one worker is enough
  }

  /// What it runs goes on, then it ends.
  private func drain(_ node: NodeID) {
    do {
      _ = try store.perform(OrderNode(node: node, order: .drain))
    } catch {
      EngineLog.error("cannot order worker \(node) to drain: \(error)")
    }
  }

  func disconnected(pid: Int32) {
    state.update { $0.workers[pid]?.isConnected = false }
  }

  /// From here on no worker is started again.
  func stopStarting() {
    state.update { $0.isStopping = true }
  }

  /// Those that live now, and any that is just being started.
  func killAll() {
    let workers = state.update { state in
      state.isKilling = true
      return Array(state.workers.values)
    }
    for worker in workers { worker.handle.signal(9) }
  }

  /// Waits until every worker has ended and the store knows it.
  func waitUntilGone() {
    _ = state.wait { $0.workers.isEmpty && !$0.isStarting ? true : nil }
  }

  private func start() {
    let faults = state.update { state -> String?? in
      if state.isStopping || state.isStarting { return nil }
      state.isStarting = true
      defer { state.firstWorkerFaults = nil }
      return .some(state.firstWorkerFaults)
    }
    guard let faults else { return }
    var environment = environment
    environment["BULKHEAD_FAULT"] = faults
    do {
      let handle = try ChildProcess.spawn(executable, arguments, environment: environment, output: 2)
      EngineLog.info("started worker (pid \(handle.facts.pid))")
      watch(handle)
      state.update { $0.isStarting = false }
    } catch {
      EngineLog.error("\(error)")
      state.update { $0.isStarting = false }
      startLater(startedAt: WallClock.milliseconds)
    }
  }

  private func watch(_ handle: ProcessHandle) {
    let startedAt = WallClock.milliseconds
    let isNew = state.update { state in
      guard state.workers[handle.facts.pid] == nil else { return false }
      state.workers[handle.facts.pid] = Watched(handle: handle, startedAt: startedAt)
      return true
    }
    guard isNew else { return }
    if state.withLock({ $0.isKilling }) { handle.signal(9) }
    OSThread("bh-watch") { [self] in
      let how = handle.waitForEnd() ?? "ended"
      let killed = handle.killSession()
      let rest = killed > 0 ? "; \(killed) processes that it left were killed" : ""
      endNodes(of: handle.facts, detail: how + rest)
      let isStopping = state.withLock { $0.isStopping }
      EngineLog.info("worker (pid \(handle.facts.pid)) \(how)\(rest)")
      state.update { $0.workers[handle.facts.pid] = nil }
      // A hello that was read after the first look found the process known; one after this finds it unknown.
      endNodes(of: handle.facts, detail: how)
      if !isStopping && !hasOther { startLater(startedAt: startedAt) }
    }
  }

  private var hasOther: Bool { state.withLock { $0.workers.values.contains(where: \.isAtWork) } }

  private func startLater(startedAt: Milliseconds) {
    let delay = state.withLock { $0.policy.delay(startedAt: startedAt, endedAt: WallClock.milliseconds) }
    if delay > 0 { _ = state.wait(milliseconds: delay) { $0.isStopping ? true : nil } }
    start()
  }

  /// A process may have registered twice, when the answer to its first hello was lost: all its nodes end.
  private func endNodes(of facts: ProcessFacts, detail: String) {
    while true {
      do {
        for node in try store.perform(ListNodes())
        where node.process.pid == facts.pid && node.process.startTicks == facts.startTicks {
          end(node.id, node.process, detail)
        }
        return
      } catch  where error.code == .closed {
        return  // the next engine ends them
      } catch {
        EngineLog.error("cannot list the workers, trying again in a second: \(error)")
        _ = state.wait(milliseconds: 1000) { _ -> Bool? in nil }
      }
    }
  }

  /// Retried until the store takes it: jobs of an ended worker must not wait for ever.
  private func end(_ node: NodeID, _ process: ProcessIdentity, _ detail: String) {
    while true {
      do {
        // First what it knew and could not tell: its jobs are given up only without an outcome.
        try outbox.settle(node, process, in: store)
        let answer = try store.perform(EndNode(node: node, detail: detail))
        EngineLog.info(
          "worker \(node) \(detail): \(answer.requeued) jobs go back to ready, \(answer.lost) are lost, "
            + "\(answer.ended) ended")
        return
      } catch  where error.code == .closed {
        return
      } catch {
        EngineLog.error("cannot end worker \(node), trying again in a second: \(error)")
        _ = state.wait(milliseconds: 1000) { _ -> Bool? in nil }
      }
    }
  }

  /// While a session has members its number is not given to a new process: so a living process with that number
  /// proves that nothing is left.
  private func killLeftovers(session: Int32) {
    if let other = ProcessFacts(pid: session), !other.hasEnded { return }
    for process in ProcessFacts.ofSession(session) where !process.hasEnded { kill(process.pid, 9) }
  }
}
