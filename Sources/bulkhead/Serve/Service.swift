import DataModel
import Foundation
import JobEngine
import PluginHost
import SQLiteStorage
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

/// All that `serve` is made of: lock, store, socket, plug-in directory, worker. No plug-in code ever runs here.
final class Service: Sendable {
  private let configuration: EngineConfiguration
  private let lock: StoreLock
  private let store: SQLStore
  private let server: StoreServer
  private let gate: SubmissionGate
  private let registry: PluginRegistry
  private let revocations: RevocationList
  private let supervisor: WorkerSupervisor
  private let stopping = Threading.Condition<StopMode?>(nil)
  private let since = WallClock.milliseconds
  private let ready: @Sendable (String) -> Void

  init(_ configuration: EngineConfiguration, ready: @escaping @Sendable (String) -> Void) throws(EngineError)
  {
    self.ready = ready
    self.configuration = configuration
    let location = configuration.location
    do {
      lock = try StoreLock(location)
      store = try SQLiteStore.open(path: location.path, clock: { WallClock.milliseconds })
      server = try StoreServer(store: store, path: location.socketPath())
    } catch {
      throw EngineError(error)
    }
    gate = SubmissionGate(store: store)
    registry = PluginRegistry(store: store)
    revocations = RevocationList(store: store)
    supervisor = WorkerSupervisor(
      store: store, executable: CommandLine.executablePath, outbox: OutboxFolder(location),
      arguments: [
        "worker", "--socket", server.path, "--slots", String(configuration.slots),
        "--outbox", OutboxFolder(location).path,
      ],
      environment: ProcessInfo.processInfo.environment)
  }

  /// A store without a file, for a plug-in that is run without an engine.
  static func storeInMemory() throws(StoreError) -> any Store {
    try storeInMemory { WallClock.milliseconds }
  }

  /// The same with a clock of its own, for the simulator.
  static func storeInMemory(clock: @escaping @Sendable () -> Milliseconds) throws(StoreError) -> SQLStore {
    try SQLiteStore.inMemory(clock: clock)
  }

  /// Serves until it was asked to end and the last worker has.
  func run() throws(EngineError) {
    do {
      try supervisor.adopt()
      let observation = try store.observe(.plugins) { [gate, revocations] _ in
        gate.refresh()
        revocations.markStale()
      }
      defer { observation.cancel() }
      try server.start(handlers)
      let directory = try startPlugins()
      EngineLog.info(
        "serving \(configuration.location) at \(server.path), plug-ins from \(configuration.pluginFolder)")
      ready(server.path)
      supervisor.ensureWorker()
      _ = stopping.wait { $0 }
      supervisor.waitUntilGone()
      directory.stop()
      server.stop()
      store.close()
    } catch let error as StoreError {
      throw EngineError(error)
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.refused, "\(error)")
    }
    EngineLog.info("ended")
  }

  /// What this process answers beside the store's verbs.
  private var handlers: ServerHandlers {
    var handlers = ServerHandlers()
    handlers.gate = { [gate] batch throws(StoreError) in try gate.check(batch) }
    handlers.onHello = { [supervisor] _, node, process in supervisor.connected(node, process) }
    handlers.onEnd = { [supervisor] _, _, process in
      if let process { supervisor.disconnected(pid: process.pid) }
    }
    handlers.handle(ServeStatus.self) { [weak self] _ throws(StoreError) in
      guard let self else { throw StoreError(.closed, "the engine is ending") }
      return try status()
    }
    handlers.handle(ServeStop.self) { [weak self] verb throws(StoreError) in
      guard let self else { throw StoreError(.closed, "the engine is ending") }
      return ServeStop.Reply(activeJobs: stop(StopMode(verb.mode)))
    }
    return handlers
  }

  private func status() throws(StoreError) -> ServeStatus.Reply {
    let facts = ProcessFacts(pid: getpid())
    return ServeStatus.Reply(
      process: ProcessIdentity(
        pid: getpid(), startTicks: facts?.startTicks ?? 0, bootID: ProcessFacts.bootID()),
      version: Bulkhead.version, store: configuration.location.description,
      nodes: try store.perform(ListNodes()),
      counts: try store.perform(CountJobs()), since: since, isDraining: stopping.withLock { $0 != nil })
  }

  /// Asks to end; asking for more goes further, asking for less changes nothing. How many jobs are active.
  @discardableResult
  func stop(_ mode: StopMode) -> Int {
    supervisor.stopStarting()
    let isNew = stopping.update { current -> Bool in
      guard current.map({ $0 < mode }) ?? true else { return false }
      current = mode
      return true
    }
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
      return try PluginDirectory(
        path: configuration.pluginFolder, cache: configuration.location.path + ".plugins",
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
}

extension CommandLine {
  /// This program's own file. After an upgrade in place the kernel marks the old one as deleted: then it is the
  /// new one, under the same name.
  static var executablePath: String {
    let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? arguments[0]
    return path.hasSuffix(" (deleted)") ? String(path.dropLast(10)) : path
  }
}
