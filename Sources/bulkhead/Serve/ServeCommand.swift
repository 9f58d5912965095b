import ArgumentParser
import JobEngine
import Storage
import Supervision

/// `bulkhead serve`: the process that owns the store, watches the plug-in directory and keeps a worker running.
struct ServeCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve a store: run its jobs with the plug-ins of a directory.",
    discussion: """
      Opens the SQLite store, watches the plug-in directory (a file that is copied there is taken within a second, \
      no restart), starts a worker and answers the other verbs at <store>.sock.

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

  @Option(help: "The directory that plug-ins (.so files) are dropped into. It is made if it is not there.")
  var plugins = "./plugins"

  @Option(help: "Jobs that run at once. Each has a thread of its own while it runs.")
  var slots = 1000

  @Option(
    help: ArgumentHelp(
      "How long to keep jobs that have ended, such as 90d or none: for ever. (default: 90d)",
      valueName: "duration"), transform: DurationArgument.parse)
  var keepJobs: Int64?

  @Option(
    help: ArgumentHelp(
      "How long to keep the logs of jobs that have ended: at most as long as the jobs. (default: 30d)",
      valueName: "duration"), transform: DurationArgument.parse)
  var keepLogs: Int64?

  @Flag(help: "Refuse a store of an older version instead of bringing it up to date.")
  var noMigrate = false

  func validate() throws {
    guard (1...100_000).contains(slots) else {
      throw ValidationError("--slots has to be between 1 and 100000, not \(slots).")
    }
  }

  func act() throws {
    StopRequests.block()
    var configuration = EngineConfiguration(location: try StoreLocation(engine.location))
    configuration.pluginFolder = plugins
    configuration.slots = slots
    configuration.mayMigrate = !noMigrate
    if let keepJobs { configuration.retention.jobs = keepJobs }
    if let keepLogs { configuration.retention.logs = keepLogs }
    let service = try Service(
      configuration,
      ready: { path in
        Terminal.output.line(engine.json ? JSONText.object([("ready", .string(path))]).text : "ready \(path)")
      })
    StopRequests.handle { count in service.stop(StopMode(requests: count)) }
    try service.run()
  }
}
