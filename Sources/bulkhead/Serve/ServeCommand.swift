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

      Everything that can be set has a place in the configuration file (`bulkhead config example` prints one), a \
      variable and, where it is of daily use, an option here; the later counts.

      Example:
        bulkhead serve --plugins ./plugins --store sqlite:./bulkhead.db

      The first Ctrl-C or TERM drains: running jobs finish, nothing new starts. The second cancels what runs, with \
      its clean-up. The third kills. A crash of this process costs no job: its worker goes on, and the next serve \
      takes it over.

      Exit codes: 0 ended as asked · 7 refused (somebody serves the store, a newer schema) · 64 usage · 70 our bug.
      """)

  @OptionGroup var engine: EngineOptions

  @Option(
    help: ArgumentHelp(
      "The directory that plug-ins (.so files) are dropped into (default: ./plugins). It is made if it is not there.",
      valueName: "folder"))
  var plugins: String?

  @Option(
    help: ArgumentHelp(
      "Jobs that run at once (default: 1000). Each has a thread of its own while it runs.",
      valueName: "number"))
  var slots: String?

  func act() throws {
    StopRequests.block()
    let layered = try engine.configuration([("plugins.directory", plugins), ("worker.slots", slots)])
    if let file = layered.file { EngineLog.info("configuration from \(file)") }
    let service = try Service(
      layered.configuration,
      ready: { path in
        Terminal.output.line(engine.json ? JSONText.object([("ready", .string(path))]).text : "ready \(path)")
      })
    StopRequests.handle { count in service.stop(StopMode(requests: count)) }
    try service.run()
  }
}
