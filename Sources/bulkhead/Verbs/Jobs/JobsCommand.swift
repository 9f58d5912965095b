import ArgumentParser

struct JobsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs",
    abstract: "Look at jobs, wait for them, cancel them, decide about lost ones.",
    discussion: """
      Examples:
        bulkhead jobs list --state running
        bulkhead jobs why 17
      """,
    subcommands: [
      JobsListCommand.self, JobsShowCommand.self, JobsLogsCommand.self, JobsEventsCommand.self,
      JobsWhyCommand.self,
      JobsWaitCommand.self, JobsCancelCommand.self, JobsReconcileCommand.self, JobsResolveCommand.self,
    ])
}
