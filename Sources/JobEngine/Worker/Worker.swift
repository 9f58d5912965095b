import DataModel
import PluginHost
package import Storage
import Synchronization
import Threading

/// What a worker process needs to know.
package struct WorkerConfiguration: Sendable {
  package var process: ProcessIdentity
  /// Jobs at once.
  package var slots: Int
  /// How long it goes on without a store and without a job before it ends.
  package var awayMilliseconds: Int64
  /// How long it goes on without a store, whatever it runs, before it ends; 0: for ever.
  package var awayLimitMilliseconds: Int64 = 0
  /// The `WorkerGroup` whose plug-ins it loads.
  package var group = WorkerGroup.shared
  package var dial: StoreDialer

  package init(
    process: ProcessIdentity, slots: Int, awayMilliseconds: Int64 = 60_000, dial: @escaping StoreDialer
  ) {
    self.process = process
    self.slots = slots
    self.awayMilliseconds = awayMilliseconds
    self.dial = dial
  }
}

/// Why a worker ended.
package enum WorkerEnd: Sendable, Equatable {
  /// It was told to drain, and its last job has ended.
  case drained
  /// Nobody served the store for too long, and it had no job.
  case alone
  /// Nobody served the store for longer than the limit, and what it ran ends with it.
  case away
  /// The store no longer knows this node: another process answers for its jobs.
  case disowned
}

/// One worker: claims jobs, runs customers' plug-ins on its own threads, and outlives the process that serves
/// the store.
package final class Worker: Sendable {
  private let configuration: WorkerConfiguration
  private let session: StoreSession
  private let inventory = RunInventory()
  private let writer: RunWriter
  private let generations: GenerationTable
  private let runner: JobRunner
  private let claims: ClaimLoop
  private let reconciles: ReconcileLoop
  private let claimBell: Bell
  private let pluginBell: Bell
  private let lostBell = Bell()
  private let end = Threading.Condition<WorkerEnd?>(nil)

  package init(_ configuration: WorkerConfiguration) {
    self.configuration = configuration
    let claimBell = Bell()
    let pluginBell = Bell()
    let freed = SlotBell()
    let end = end
    session = StoreSession(
      process: configuration.process, group: configuration.group, dial: configuration.dial
    ) {
      end.update { if $0 == nil { $0 = .disowned } }
    }
    writer = RunWriter(session: session)
    generations = GenerationTable(
      loader: PluginLoader(host: HostTables.shared.host), group: configuration.group)
    let limits = ThreadLimits.read()
    let slots = min(configuration.slots, limits.cap)
    EngineLog.info("\(slots) jobs at once (\(configuration.slots) asked for; \(limits.statement))")
    let threads = JobThreads(limit: slots)
    let ladder = CancelLadder(
      timer: .shared, writer: writer, threads: threads,
      onZombie: { [inventory] run in
        inventory.noteZombie(run)
        claimBell.ring()
      })
    runner = JobRunner(
      inventory: inventory, writer: writer, session: session, threads: threads, ladder: ladder,
      onFree: { freed.ring() })
    claims = ClaimLoop(
      session: session, inventory: inventory, generations: generations, runner: runner, ladder: ladder,
      slots: slots, bell: claimBell, onPlugins: { pluginBell.ring() })
    freed.connect(claims)
    reconciles = ReconcileLoop(
      session: session, generations: generations, timer: .shared, bell: lostBell,
      isDraining: { [claims] in claims.isDraining })
    self.claimBell = claimBell
    self.pluginBell = pluginBell
  }

  /// Claims nothing more, hands back what has not started, ends when the rest has ended.
  package func drain() { claims.drain() }

  /// Runs until it is drained, alone or disowned. Blocks its caller.
  package func run() -> WorkerEnd {
    let writing = OSThread("bh-writer") { [writer] in writer.run(now: { WallClock.milliseconds }) }
    OSThread("bh-plugins") { [self] in loadPlugins() }
    OSThread("bh-lost") { [reconciles] in reconciles.run() }
    OSThread("bh-claims") { [self] in
      claims.run()
      end.update { if $0 == nil { $0 = .drained } }
    }
    OSThread("bh-session") { [self] in
      let why = stayConnected()
      end.update { if $0 == nil { $0 = why } }
    }
    let why = end.wait { $0 } ?? .drained
    if why == .disowned { letGo() }
    if why == .away { return why }
    writer.close()
    writing.join(milliseconds: 10_000)
    session.end()
    return why
  }

  /// Another process answers for these jobs now: nothing more is written for them, and they are told to stop.
  private func letGo() {
    EngineLog.error("the store has ended this worker; its \(inventory.count) jobs are told to stop")
    inventory.all.forEach { runner.settle($0, .fenced) }
    _ = inventory.waitUntilEmpty(milliseconds: 10_000)
  }

  /// Dials again and again; returns when going on is pointless.
  private func stayConnected() -> WorkerEnd {
    while !session.isOver {
      do {
        try session.connectOnce(
          inventory: { self.inventory.all }, settle: { self.runner.settle($0, $1) },
          onSignal: { [claimBell, pluginBell, lostBell] signal in
            if signal == .pluginsChanged { pluginBell.ring() }
            // Rarely: an order, a cancel, a job that became lost.
            if case .nodeCalled = signal { lostBell.ring() }
            claimBell.ring()
          },
          opened: { [claimBell, pluginBell] in
            pluginBell.ring()
            claimBell.ring()
          })
      } catch  where error.code == .fenced {
        return .disowned
      } catch {
        session.pause(milliseconds: 100)
      }
      let away = session.millisecondsAway
      if away > configuration.awayMilliseconds && inventory.count == 0 { return .alone }
      if configuration.awayLimitMilliseconds > 0 && away > configuration.awayLimitMilliseconds {
        return .away
      }
    }
    return .drained
  }

  /// The loader's thread: loads what became active and reports it.
  private func loadPlugins() {
    while !session.isOver {
      pluginBell.wait(milliseconds: nil)
      do {
        let list = try session.perform({ _ in ListPlugins() }, repeated: true)
        generations.refresh(list) { sha256, problem in report(sha256, problem) }
        claimBell.ring()
        lostBell.ring()
      } catch {
        if error.code != .closed { EngineLog.error("cannot read the list of plug-ins: \(error)") }
      }
    }
  }

  private func report(_ sha256: String, _ problem: String?) {
    if let problem { EngineLog.error("cannot load a plug-in: \(problem)") }
    do {
      _ = try session.perform(
        {
          ReportPlugin(
            PluginReport(node: $0, sha256: sha256, isLoaded: problem == nil, message: problem ?? ""))
        }, repeated: true)
    } catch {
      EngineLog.error("cannot report a plug-in: \(error)")
    }
  }
}

/// Tells the claim loop of free slots: the loop is made after the runner that rings.
private final class SlotBell: Sendable {
  private let loop = Mutex<ClaimLoop?>(nil)

  func connect(_ loop: ClaimLoop) { self.loop.withLock { $0 = loop } }
  func ring() { loop.withLock { $0 }?.slotFreed() }
}
