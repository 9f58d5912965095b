import DataModel
import Foundation
import JobEngine
import PluginHost
import Storage
import Supervision
import Synchronization
import Threading

/// How `serve` is asked to end.
enum StopMode: Int, Sendable, Comparable {
  case drain = 1
  case cancel = 2
  case kill = 3

  /// The first request drains, the second cancels, all further ones kill.
  init(requests: Int) { self = StopMode(rawValue: min(requests, 3)) ?? .kill }

  /// As it crosses the socket.
  var request: ServeStop.Mode {
    switch self {
    case .drain: .drain
    case .cancel: .cancel
    case .kill: .now
    }
  }

  init(_ mode: ServeStop.Mode) {
    switch mode {
    case .drain: self = .drain
    case .cancel: self = .cancel
    case .now: self = .kill
    }
  }

  static func < (left: StopMode, right: StopMode) -> Bool { left.rawValue < right.rawValue }
}

/// All that `serve` is made of: lock, store, socket, plug-in directory, workers. No plug-in code ever runs here.
final class Service: Sendable {
  /// How serving came to its end.
  enum End: Sendable, Equatable {
    /// As asked, with all workers.
    case stopped(StopMode)
    /// To become the program in that file; the workers go on. With the socket that goes along.
    case restart(String, listener: Int32?)
    /// It cannot go on; the workers do.
    case failed(String)
  }

  private let configuration: EngineConfiguration
  private let lock: StoreLock
  let store: SQLStore
  private let server: StoreServer
  private let gate: SubmissionGate
  private let registry: PluginRegistry
  private let revocations: RevocationList
  let supervisor: WorkerSupervisor
  let roster: WorkerRoster
  private let placing: PlacementLoop
  private let users: WorkerUsers
  let ground: WorkerGround
  private let pruner: HistoryPruner
  private let ending = Threading.Condition<End?>(nil)
  private let since = WallClock.milliseconds
  private let ready: @Sendable (String) -> Void

  private var cache: String { configuration.location.path + ".plugins" }

  init(_ configuration: EngineConfiguration, ready: @escaping @Sendable (String) -> Void) throws(EngineError)
  {
    self.ready = ready
    self.configuration = configuration
    let location = configuration.location
    let placement = Placement(configuration)
    if let problem = placement.problem { throw EngineError(.refused, problem) }
    users = try WorkerUsers(placement.users)
    do {
      lock = try StoreLock(location)
      store = try StoreFile.open(location, mayMigrate: configuration.mayMigrate)
      server = try StoreServer(store: store, path: location.socketPath())
    } catch {
      throw EngineError(error)
    }
    gate = SubmissionGate(store: store)
    pruner = HistoryPruner(store: store, retention: configuration.retention)
    registry = PluginRegistry(store: store, placement: placement)
    ground = WorkerGround()
    revocations = RevocationList(store: store)
    supervisor = WorkerSupervisor(
      store: store, ground: ground, executable: CommandLine.executablePath, outbox: OutboxFolder(location),
      arguments: [
        "worker", "--socket", server.path, "--slots", String(configuration.slots), "--away-limit",
        String(configuration.awayLimitSeconds),
      ],
      environment: ProcessInfo.processInfo.environment)
    roster = WorkerRoster(store: store, server: server, supervisor: supervisor)
    placing = PlacementLoop(store: store, placement: placement, supervisor: supervisor, roster: roster)
  }

  /// Serves until it was asked to end and the last worker has, or to become another program, or cannot go on.
  /// `listener`: the socket that came along from the program before.
  func run(listener: Int32? = nil) throws(EngineError) -> End {
    var end: End
    do {
      ChildProcess.reapAll()
      try supervisor.adopt()
      let observation = try store.observe(.plugins) { [gate, placing, revocations] _ in
        gate.refresh()
        revocations.markStale()
        placing.ring()
      }
      defer { observation.cancel() }
      try server.start(handlers, inherited: listener)
      let directory = try startPlugins()
      try users.open(cache: cache, socket: server.path, outbox: OutboxFolder(configuration.location))
      EngineLog.info(
        "serving \(configuration.location) at \(server.path), plug-ins from \(configuration.pluginFolder)")
      EngineLog.info("limits of workers: \(ground.statement)")
      ready(server.path)
      placing.start()
      pruner.start()
      end = waitForEnd()
      pruner.stop()
      placing.stop()
      registry.stop()
      directory.stop()
      if case .restart(let path, _) = end {
        end = .restart(path, listener: server.stop(keepsSocket: true))
      } else {
        server.stop()
      }
      store.close()
      lock.release()
    } catch let error as StoreError {
      throw EngineError(error)
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.refused, "\(error)")
    }
    EngineLog.info(Self.lastWords(end))
    return end
  }

  private func waitForEnd() -> End {
    let first = ending.wait { $0 } ?? .stopped(.drain)
    switch first {
    case .stopped:
      // The workers have the last word, unless the socket fails meanwhile.
      supervisor.waitUntilGone {
        ending.withLock { if case .failed = $0 { true } else { false } }
      }
      return ending.withLock { $0 } ?? first
    case .restart, .failed:
      FaultPoint.reach("serve.restarting")
      supervisor.stopStarting(ends: false)
      supervisor.waitUntilSettled()
      return first
    }
  }

  private static func lastWords(_ end: End) -> String {
    switch end {
    case .stopped: "ended"
    case .restart(let path, _): "becoming \(path); the workers go on"
    case .failed(let message): "ended: \(message)"
    }
  }

  /// What this process answers beside the store's verbs.
  private var handlers: ServerHandlers {
    var handlers = ServerHandlers()
    handlers.gate = { [gate] batch throws(StoreError) in try gate.check(batch) }
    handlers.vouch = { [supervisor] hello throws(StoreError) in try supervisor.vouch(for: hello) }
    handlers.onHello = { [supervisor] _, node, process in supervisor.connected(node, process) }
    handlers.onEnd = { [supervisor] _, _, process in
      if let process { supervisor.disconnected(pid: process.pid) }
    }
    handlers.onFailure = { [ending] message in
      ending.update { $0 = .failed(message) }
    }
    let location = configuration.location
    handlers.handleAlone(CheckStore.self) { _ throws(StoreError) in try StoreFile.check(location) }
    handlers.handleAlone(ServeBackup.self) { verb throws(StoreError) in
      try StoreFile.backUp(location, to: verb.path)
    }
    handlers.log = { EngineLog.error($0) }
    handlers.admit = users.admission
    handlers.handle(ServeStatus.self) { [weak self] _ throws(StoreError) in try Self.living(self).status() }
    handlers.handle(ServeStop.self) { [weak self] verb throws(StoreError) in
      let service = try Self.living(self)
      if case .restart = service.ending.withLock({ $0 }) {
        throw StoreError(
          .closed, "not stopped: the engine is restarting", cure: "stop it when it serves again")
      }
      return ServeStop.Reply(activeJobs: service.stop(StopMode(verb.mode)))
    }
    // The program is asked for its version first, which may take its time.
    handlers.handleAlone(ServeRestart.self) { _ throws(StoreError) in
      try Restart.version(of: Restart.path)
    } then: { [weak self] version throws(StoreError) in
      try Self.living(self).restart(version: version)
    }
    handlers.handle(ListWorkers.self) { [roster, ground] _ throws(StoreError) in
      ListWorkers.Reply(workers: try roster.list(), mechanism: ground.statement)
    }
    handlers.handle(CommandWorker.self) { [roster] verb throws(StoreError) in try roster.command(verb) }
    return handlers
  }

  private static func living(_ service: Service?) throws(StoreError) -> Service {
    if let service { return service }
    throw StoreError(.closed, "the engine is ending")
  }

  private func status() throws(StoreError) -> ServeStatus.Reply {
    let facts = ProcessFacts(pid: getpid())
    return ServeStatus.Reply(
      process: ProcessIdentity(
        pid: getpid(), startTicks: facts?.startTicks ?? 0, bootID: ProcessFacts.bootID()),
      version: Bulkhead.version, store: configuration.location.description,
      nodes: try store.perform(ListNodes()),
      counts: try store.perform(CountJobs()), since: since, isDraining: ending.withLock { $0 != nil })
  }

  /// Asks to become what our file holds now. The answer goes out before it happens.
  private func restart(version: String) throws(StoreError) -> ServeRestart.Reply {
    let path = Restart.path
    let isTaken = ending.update { end in
      if end == nil { end = .restart(path, listener: nil) }
      return end == .restart(path, listener: nil)
    }
    guard isTaken else {
      throw StoreError(
        .invalid, "not restarted: the engine is ending", cure: "start it again when it has ended")
    }
    EngineLog.info("restarting as \(path), version \(version)")
    return ServeRestart.Reply(version: version)
  }

  /// Asks to end; asking for more goes further, asking for less changes nothing. How many jobs are active. One that is
  /// becoming another program does nothing about it: whoever runs it looks again before it does.
  @discardableResult
  func stop(_ mode: StopMode) -> Int {
    let isNew = ending.update { end -> Bool in
      switch end {
      case nil: break
      case .stopped(let current) where current < mode: break
      default: return false
      }
      end = .stopped(mode)
      return true
    }
    if isNew { supervisor.stopStarting(ends: true) }
    let jobs = activeJobs
    guard isNew else { return jobs }
    do {
      switch mode {
      case .drain:
        EngineLog.info("draining: \(jobs) jobs running; again = cancel them")
        _ = try store.perform(OrderNode(node: nil, order: .drain))
      case .cancel:
        EngineLog.info("cancelling \(jobs) jobs, with their clean-up; again = kill")
        _ = try store.perform(OrderNode(node: nil, order: .drain))
        _ = try store.perform(CancelNodeJobs(node: nil))
      case .kill:
        EngineLog.info("killing the workers of \(jobs) jobs")
        supervisor.killAll()
      }
    } catch {
      EngineLog.error("cannot order the workers to end: \(error)")
      supervisor.killAll()
    }
    return jobs
  }

  private var activeJobs: Int {
    ((try? store.perform(ListNodes())) ?? []).reduce(0) { $0 + $1.activeJobs }
  }

  private func startPlugins() throws(EngineError) -> PluginDirectory {
    let first = Atomic(true)
    do {
      try dropUnusedImages()
      return try PluginDirectory(
        path: configuration.pluginFolder, cache: cache,
        trial: [CommandLine.executablePath, "plugin-trial"],
        trust: TrustRules(
          configuration.plugins.trust, revoked: { [revocations] in revocations.current() }),
        onMissing: { [folder = configuration.pluginFolder] isMissing in
          if isMissing {
            EngineLog.error("the plug-in directory \(folder) is gone: what it had stays active; put it back")
          } else {
            EngineLog.info("the plug-in directory \(folder) is back")
          }
        }
      ) { [registry, pluginFolder = configuration.pluginFolder] outcomes in
        registry.take(outcomes)
        if first.exchange(false, ordering: .relaxed) {
          let names = try? FileManager.default.contentsOfDirectory(atPath: pluginFolder)
          registry.reconcile(present: Set(names ?? []))
        }
      }
    } catch {
      throw EngineError(.refused, "\(error)")
    }
  }

  /// Copies of versions that no file in the directory is any more and no living worker has loaded. Before the directory
  /// is looked at: what lies there is copied anew.
  private func dropUnusedImages() throws {
    let list = try store.perform(ListPlugins())
    let used = list.files.filter { $0.state != .removed }.map(\.sha256) + list.reports.map(\.sha256)
    try PluginImageCache(folder: cache).keepOnly(Set(used))
  }
}

extension CommandLine {
  /// This program's own file. After an upgrade in place the kernel marks the old one as deleted: then it is the
  /// new one, under the same name.
  static var executablePath: String {
    let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? arguments[0]
    return path.hasSuffix(" (deleted)") ? String(path.dropLast(10)) : path
  }
}
