import ArgumentParser
import DataModel
import Glibc
import JobEngine
import PluginHost
import Storage
import Supervision

/// `bulkhead worker`: started by `serve`, not by people.
struct WorkerCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Run jobs for the engine at a socket (started by serve).",
    shouldDisplay: false)

  @Option(help: "The socket of the engine.")
  var socket: String

  @Option(help: "Jobs that run at once.")
  var slots = 1000

  @Option(help: "The folder for outcomes that no engine has taken.")
  var outbox: String?

  var printsJSON: Bool { false }

  func act() throws {
    StopRequests.block()
    guard let facts = ProcessFacts(pid: getpid()) else {
      throw EngineError(.refused, "cannot read /proc/\(getpid())/stat", cure: "mount /proc")
    }
    let socket = socket
    let process = ProcessIdentity(
      pid: facts.pid, startTicks: facts.startTicks, bootID: ProcessFacts.bootID())
    let worker = Worker(
      WorkerConfiguration(
        process: process, slots: slots,
        outbox: outbox.map { OutboxFile(folder: $0, process: process) }
      ) { onEnd throws(StoreError) in try RemoteStore.connect(path: socket, onEnd: onEnd) })
    StopRequests.handle { _ in worker.drain() }
    let end = worker.run()
    EngineLog.info("worker (pid \(facts.pid)) ends: \(end)")
    // Not `return`: plug-ins' threads may still run, and static destructors under them would crash.
    fflush(nil)
    _exit(end == .disowned ? 7 : 0)
  }
}
