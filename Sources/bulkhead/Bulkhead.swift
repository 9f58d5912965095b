import ArgumentParser
import Glibc

@main
struct Bulkhead: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "bulkhead",
    abstract: "A job engine that runs your own native plug-ins.",
    discussion: """
      First steps:
        bulkhead serve --plugins ./plugins   start an engine; drop plug-ins there
        bulkhead plugins list                what it has, what it refused and why
        bulkhead submit ACTION --wait        run a job and watch it
        bulkhead stop                        end the engine when its jobs have

      Verbs find the engine by --store, else by $BULKHEAD_STORE, else by sqlite:./bulkhead.db.

      Exit codes of all verbs: 0 done, 6 not found, 7 refused, 64 wrong use or parameters, 69 no engine, 70 fault of \
      bulkhead. `submit --wait` and `jobs wait`: 0 succeeded, 1 failed, 2 warning, 3 cancelled, 4 timed out, 5 lost.
      """,
    version: version,
    subcommands: [
      ServeCommand.self, SubmitCommand.self, JobsCommand.self, RecordsCommand.self, PluginsCommand.self,
      PluginCommand.self,
      SDKCommand.self, WorkersCommand.self, StoreCommand.self, AuditCommand.self, StatusCommand.self,
      RestartCommand.self, StopCommand.self, DoctorCommand.self, VerifyCommand.self, ConfigCommand.self,
      CompletionCommand.self,
      WorkerCommand.self,
      PluginTrialCommand.self, PluginTryCommand.self,
    ])

  static func main() {
    WrongUse.refuseUnreadable()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      WrongUse.end(error)
      exit(withError: error)
    }
  }
}
