import DataModel
import Glibc
import JobEngine
import Storage
import Supervision
import Synchronization
import Threading

/// Keeps one worker of each wanted group running beside this process: starts them, adopts those that outlived an
/// earlier `serve` (see `WorkerSupervisor+adoption.swift`), and when one ends makes sure of it, kills what it left,
/// tells the store, and starts the next.
final class WorkerSupervisor: Sendable {
  struct Watched {
    var handle: ProcessHandle
    var group: String
    var startedAt: Milliseconds
    var cage: WorkerCage
    /// It was started by this process, or has spoken to it: only one of an earlier `serve` is waited for.
    var isProven: Bool
    /// When its last connection ended.
    var awaySince: Milliseconds?
    /// It claims nothing more: another is needed beside it.
    var isDraining = false

    var isAtWork: Bool { isProven && !isDraining }
  }

  struct Group {
    var limits: WorkerLimits
    var policy = RestartPolicy()
    /// Somebody is about to start one: there is no need for another.
    var isStarting = false
  }

  struct State {
    var workers: [Int32: Watched] = [:]
    var groups: [String: Group] = [:]
    /// Processes that were started and are not in `workers` yet.
    var spawning = 0
    /// No worker is started any more.
    var isStopping = false
    /// All of them are to end; not so when this process only makes place for the next engine.
    var isEnding = false
    var isKilling = false
    /// Faults are armed in the first shared worker only: the next one has to live.
    var firstWorkerFaults: String?

    func hasWorker(_ group: String) -> Bool { workers.values.contains { $0.group == group && $0.isAtWork } }
    func isWaiting(for group: String) -> Bool {
      workers.values.contains { $0.group == group && !$0.isDraining && !$0.isProven }
    }
  }

  /// How long an adopted worker may take to come back before another is started beside it.
  private static let adoptionMilliseconds: Int64 = 2000

  let store: any Store
  private let ground: WorkerGround
  let outbox: OutboxFolder
  private let executable: String
  private let arguments: [String]
  private let environment: [String: String]
  let state: Threading.Condition<State>

  init(
    store: any Store, ground: WorkerGround, executable: String, outbox: OutboxFolder, arguments: [String],
    environment: [String: String]
  ) {
    self.store = store
    self.outbox = outbox
    self.ground = ground
    self.executable = executable
    self.arguments = arguments
    var inherited = environment
    let faults = inherited.removeValue(forKey: "BULKHEAD_WORKER_FAULT")
    inherited["BULKHEAD_FAULT"] = nil
    self.environment = inherited
    state = Threading.Condition(State(firstWorkerFaults: faults))
  }

  /// From now on a worker of each of these groups is kept running, with these limits. Those of other groups are
  /// drained, or go on until they are told to. Call it as often as anything may have changed.
  func want(_ groups: [String: WorkerLimits], drainsOthers: Bool) {
    let (missing, surplus) = state.update { state -> ([String], [Int32]) in
      if state.isStopping { return ([], []) }
      var missing: [String] = []
      for (group, limits) in groups {
        state.groups[group, default: Group(limits: limits)].limits = limits
        guard state.groups[group]?.isStarting == false, !state.hasWorker(group) else { continue }
        state.groups[group]?.isStarting = true
        missing.append(group)
      }
      guard drainsOthers else { return (missing.sorted(), []) }
      for group in state.groups.keys where groups[group] == nil { state.groups[group] = nil }
      var surplus: [Int32] = []
      for (pid, worker) in state.workers where groups[worker.group] == nil && !worker.isDraining {
        surplus.append(pid)
      }
      return (missing.sorted(), surplus)
    }
    for group in missing { OSThread("bh-ensure") { [self] in ensure(group) } }
    for pid in surplus { drain(pid: pid) }
  }

  /// Gives a living worker of the group a moment to come back, and starts one when none does. The caller has marked
  /// the group as starting.
  private func ensure(_ group: String) {
    _ = state.wait(milliseconds: Self.adoptionMilliseconds) { state -> Bool? in
      state.isStopping || state.hasWorker(group) || !state.isWaiting(for: group) ? true : nil
    }
    let isNeeded = state.update { state in
      if !state.hasWorker(group) { return true }
      state.groups[group]?.isStarting = false
      return false
    }
    if isNeeded { start(group) }
  }

  /// A worker that nothing is placed with any more: it hands back what has not started, and ends when the rest has.
  private func drain(pid: Int32) {
    do {
      for node in try store.perform(ListNodes()) where node.process.pid == pid {
        state.update { $0.workers[pid]?.isDraining = true }
        _ = try store.perform(OrderNode(node: node.id, order: .drain))
      }
    } catch {
      EngineLog.error("cannot order the worker with pid \(pid) to drain: \(error)")
    }
  }

  /// That worker claims nothing more: another of its group starts now.
  func replace(pid: Int32) {
    let group = state.update { state -> String? in
      state.workers[pid]?.isDraining = true
      guard let group = state.workers[pid]?.group, state.groups[group]?.isStarting == false, !state.isStopping
      else { return nil }
      state.groups[group]?.isStarting = true
      return group
    }
    if let group { OSThread("bh-ensure") { [self] in ensure(group) } }
  }

  /// Its end is seen by whoever watches it, and only then its jobs are settled.
  func kill(pid: Int32, of node: NodeID) throws(StoreError) {
    guard let worker = state.withLock({ $0.workers[pid] }) else {
      throw StoreError(
        .invalid, "worker \(node) (pid \(pid)) is not watched by this engine",
        cure: "kill its process; the engine sees its end")
    }
    worker.handle.signal(9)
  }

  /// What holds that worker, nil when nobody here watches it.
  func cage(of pid: Int32) -> WorkerCage? { state.withLock { $0.workers[pid]?.cage } }

  /// Since when a worker without a connection has none.
  func awaySince(_ pid: Int32) -> Milliseconds? {
    state.withLock { state in state.workers[pid].map { $0.awaySince ?? $0.startedAt } }
  }

  /// From here on no worker is started again. `ends`: nor goes one on that says its first word later.
  func stopStarting(ends: Bool) {
    state.update { state in
      state.isStopping = true
      if ends { state.isEnding = true }
    }
  }

  /// Waits until nobody is between the start of a process and its entry in the list of workers.
  func waitUntilSettled() {
    _ = state.wait { $0.spawning == 0 ? true : nil }
  }

  /// Those that live now, and any that is just being started.
  func killAll() {
    let workers = state.update { state in
      state.isKilling = true
      return Array(state.workers.values)
    }
    for worker in workers { worker.handle.signal(9) }
  }

  /// Waits until every worker has ended and the store knows it; `giveUp` ends the wait early.
  func waitUntilGone(giveUp: () -> Bool) {
    while !giveUp() {
      let isOver = state.wait(milliseconds: 200) { $0.workers.isEmpty && $0.spawning == 0 ? true : nil }
      if isOver == true { return }
    }
  }

  /// The caller has marked the group as starting.
  private func start(_ group: String) {
    let plan = state.update { state -> (faults: String?, limits: WorkerLimits)? in
      guard !state.isStopping, let limits = state.groups[group]?.limits else {
        state.groups[group]?.isStarting = false
        return nil
      }
      state.spawning += 1
      guard group == WorkerGroup.shared else { return (nil, limits) }
      defer { state.firstWorkerFaults = nil }
      return (state.firstWorkerFaults, limits)
    }
    guard let plan else { return }
    do {
      try spawn(group, plan.limits, faults: plan.faults)
      state.update { state in
        state.spawning -= 1
        state.groups[group]?.isStarting = false
      }
    } catch {
      EngineLog.error("cannot start a worker of group \(WorkerGroup.title(group)): \(error)")
      state.update { $0.spawning -= 1 }
      startLater(group, startedAt: WallClock.milliseconds)
    }
  }

  private func spawn(
    _ group: String, _ limits: WorkerLimits, faults: String?
  ) throws(ChildProcess.Failure) {
    var environment = environment
    environment["BULKHEAD_FAULT"] = faults
    let cage = try ground.prepare(limits)
    if let account = cage.account {
      environment["HOME"] = account.home
      environment["USER"] = account.name
      environment["LOGNAME"] = account.name
    }
    let outbox = cage.account.map { self.outbox.folder(of: $0.uid) } ?? self.outbox
    let words =
      arguments + ["--outbox", outbox.path] + (group.isEmpty ? [] : ["--group", group]) + cage.arguments
    let handle: ProcessHandle
    do {
      handle = try ChildProcess.spawn(executable, words, environment: environment, output: 2)
    } catch {
      cage.remove()
      throw error
    }
    let held = cage.limits.isEmpty ? "" : "; " + cage.limits.joined(separator: ", ")
    EngineLog.info("started worker (pid \(handle.facts.pid)), group \(WorkerGroup.title(group))\(held)")
    for gap in cage.gaps {
      EngineLog.error("worker (pid \(handle.facts.pid)) runs without a limit that was asked for: \(gap)")
    }
    watch(handle, group: group, cage, isProven: true)
  }

  /// `isProven`: started by this process, or heard of by it.
  func watch(_ handle: ProcessHandle, group: String, _ cage: WorkerCage, isProven: Bool) {
    let pid = handle.facts.pid
    let startedAt = WallClock.milliseconds
    let isNew = state.update { state in
      guard state.workers[pid] == nil else { return false }
      state.workers[pid] = Watched(
        handle: handle, group: group, startedAt: startedAt, cage: cage, isProven: isProven)
      return true
    }
    guard isNew else { return }
    if state.withLock({ $0.isKilling }) { handle.signal(9) }
    OSThread("bh-watch") { [self] in
      var how = handle.waitForEnd() ?? "ended"
      let killed = handle.killSession() + cage.killRest()
      if let reason = cage.reason { how += " (\(reason))" }
      cage.remove()
      let rest = killed > 0 ? "; \(killed) processes that it left were killed" : ""
      endNodes(of: handle.facts, detail: how + rest)
      EngineLog.info("worker (pid \(pid)), group \(WorkerGroup.title(group)), \(how)\(rest)")
      let isNeeded = state.update { state in
        state.workers[pid] = nil
        guard !state.isStopping, !state.hasWorker(group), state.groups[group]?.isStarting == false else {
          return false
        }
        state.groups[group]?.isStarting = true
        return true
      }
      // A hello that was read after the first look found the process known; one after this finds it unknown.
      endNodes(of: handle.facts, detail: how)
      if isNeeded { startLater(group, startedAt: startedAt) }
    }
  }

  /// The caller has marked the group as starting.
  private func startLater(_ group: String, startedAt: Milliseconds) {
    let delay = state.update {
      $0.groups[group]?.policy.delay(startedAt: startedAt, endedAt: WallClock.milliseconds) ?? 0
    }
    if delay > 0 {
      _ = state.wait(milliseconds: delay) { $0.isStopping || $0.groups[group] == nil ? true : nil }
    }
    start(group)
  }
}
