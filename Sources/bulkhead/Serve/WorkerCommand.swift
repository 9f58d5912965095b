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

  @Option(help: "The group of plug-ins to run.")
  var group = WorkerGroup.shared

  @Option(help: "End after so many seconds without an engine, also with jobs; 0: never.")
  var awayLimit = 0

  @Option(help: "A control group's folder to enter first.")
  var controlGroup: [String] = []

  @Option(help: "Bytes of private memory of each process.")
  var dataBytes: Int64 = 0

  @Option(help: "Processes and threads of this user.")
  var processes = 0

  @Option(help: "The user to become.")
  var user = ""

  var printsJSON: Bool { false }

  func act() throws {
    StopRequests.block()
    try enterCage()
    guard let facts = ProcessFacts(pid: getpid()) else {
      throw EngineError(.refused, "cannot read /proc/\(getpid())/stat", cure: "mount /proc")
    }
    let socket = socket
    var configuration = WorkerConfiguration(
      process: ProcessIdentity(
        pid: facts.pid, startTicks: facts.startTicks, bootID: ProcessFacts.bootID()),
      slots: slots
    ) { onEnd throws(StoreError) in try RemoteStore.connect(path: socket, onEnd: onEnd) }
    configuration.group = group
    configuration.awayLimitMilliseconds = Int64(awayLimit) * 1000
    let worker = Worker(configuration)
    StopRequests.handle { _ in worker.drain() }
    let end = worker.run()
    EngineLog.info("worker (pid \(facts.pid)) ends: \(end)")
    // Not `return`: plug-ins' threads may still run, and static destructors under them would crash.
    fflush(nil)
    _exit(end == .disowned ? 7 : 0)
  }

  /// Before anything else: no code of a plug-in has run in this process when it is held.
  private func enterCage() throws {
    var cage = WorkerCage()
    cage.folders = controlGroup
    cage.dataBytes = dataBytes
    cage.processes = processes
    if let problem = cage.enter(user: user) {
      throw EngineError(.refused, "the worker cannot be held to its limits and does not start: \(problem)")
    }
  }
}
