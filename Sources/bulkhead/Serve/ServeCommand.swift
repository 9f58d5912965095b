import ArgumentParser
import JobEngine
import Storage
import Supervision
import Threading

/// `bulkhead serve`: the process that owns the store, watches the plug-in directory and keeps a worker running.
struct ServeCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve a store: run its jobs with the plug-ins of a directory.",
    discussion: """
      Opens the SQLite store, watches the plug-in directory (a file that is copied there is taken within a second, \
      no restart), starts a worker and answers the other verbs at <store>.sock.

      Everything that can be set has a place in the configuration file (`bulkhead config example` prints one), a \
      variable and, where it is of daily use, an option here; the later counts.

      Example:
        bulkhead serve --plugins ./plugins --store sqlite:./bulkhead.db

      The first Ctrl-C or TERM drains: running jobs finish, nothing new starts. The second cancels what runs, with \
      its clean-up. The third kills. A crash of this process costs no job: its worker goes on, and the next serve \
      takes it over.

      A store of an older version is brought up to date at the start; a copy of the old one is kept beside it \
      (<store>.schema-1.backup). Jobs that ended long ago are removed: see --keep-jobs and --keep-logs.

      Exit codes: 0 ended as asked · 7 refused (somebody serves the store, a newer schema, a damaged file) · 64 usage · 70 our bug.
      """)

  @OptionGroup var engine: EngineOptions

  @Option(
    help: ArgumentHelp(
      "The directory that plug-ins (.so files) are dropped into (default: ./plugins). It is made if it is not there.",
      valueName: "folder"))
  var plugins: String?

  @Option(
    help: ArgumentHelp(
      "Which plug-in files are taken: directory (all of it), allow-list or signed (default: directory).",
      valueName: "rule"))
  var trust: String?

  @Option(
    help: ArgumentHelp(
      "The folder of the public keys that signatures are checked with (NAME.pub).", valueName: "folder"),
    completion: .directory)
  var keys: String?

  @Option(
    help: ArgumentHelp(
      "Jobs that run at once (default: 1000). Each has a thread of its own while it runs.",
      valueName: "number"))
  var slots: String?

  @Option(
    help: ArgumentHelp(
      "How long to keep jobs that have ended, such as 90d, or none: for ever. (default: 90d)",
      valueName: "duration"))
  var keepJobs: String?

  @Option(
    help: ArgumentHelp(
      "How long to keep the logs of jobs that have ended: at most as long as the jobs. (default: 30d)",
      valueName: "duration"))
  var keepLogs: String?

  @Flag(help: "Refuse a store of an older version instead of bringing it up to date.")
  var noMigrate = false

  @Option(
    help: ArgumentHelp(
      "Clean runs in a worker of its own before a new version joins the others (default: 20); 0: no probation.",
      valueName: "runs"))
  var probation: String?

  @Option(
    help: ArgumentHelp(
      "End a worker that has been without an engine for so long, even with jobs (default: none).",
      valueName: "duration"))
  var awayLimit: String?

  func act() throws {
    StopRequests.block()
    let layered = try engine.configuration([
      ("plugins.directory", plugins), ("plugins.trust", trust), ("plugins.keys", keys),
      ("worker.slots", slots), ("plugins.probation", probation),
      ("worker.away_limit", awayLimit), ("retention.jobs", keepJobs), ("retention.logs", keepLogs),
    ])
    if let file = layered.file { EngineLog.info("configuration from \(file)") }
    var configuration = layered.configuration
    configuration.mayMigrate = !noMigrate
    let current = Threading.Condition(Current())
    StopRequests.handle { count in
      let service = current.update { current -> Service? in
        current.requests = count
        return current.service
      }
      service?.stop(StopMode(requests: count))
    }
    var listener = Restart.takeListener()
    while case .restart(let path, let socket) = try serve(configuration, listener, current) {
      listener = socket
      // Asked to end meanwhile: the next program would not know of it, so this one opens the store again and ends.
      if current.withLock({ $0.requests }) > 0 { continue }
      // When all goes well nothing after this line is reached.
      let reason = Restart.become(path, listener: listener)
      EngineLog.error("cannot become \(path): \(reason); this program goes on serving")
    }
  }

  /// What runs now, and how often this process was asked to end: before there is a service too.
  private struct Current: Sendable {
    var service: Service?
    var requests = 0
  }

  /// Serves once, from the lock to its release.
  private func serve(
    _ configuration: EngineConfiguration, _ listener: Int32?, _ current: Threading.Condition<Current>
  ) throws -> Service.End {
    let service = try Service(
      configuration,
      ready: { path in
        Terminal.output.line(engine.json ? JSONText.object([("ready", .string(path))]).text : "ready \(path)")
      })
    let requests = current.update { current -> Int in
      current.service = service
      return current.requests
    }
    defer { current.update { $0.service = nil } }
    // Asked to end while the store was opened or brought up to date.
    if requests > 0 { service.stop(StopMode(requests: requests)) }
    let end = try service.run(listener: listener)
    if case .failed(let message) = end {
      Terminal.errors.lines(
        Failure.lines(
          message: message, cure: "its workers go on; start serve again, it takes them over",
          colour: Terminal.errors.usesColour))
      throw ExitCode(ExitStatus.bug)
    }
    return end
  }
}
