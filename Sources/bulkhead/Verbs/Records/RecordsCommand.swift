import ArgumentParser

struct RecordsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "records",
    abstract: "Look at the data model and at the records that jobs have written.",
    discussion: """
      Examples:
        bulkhead records model
        bulkhead records list server --where owner=ada
      """,
    subcommands: [RecordsListCommand.self, RecordsShowCommand.self, RecordsModelCommand.self])
}
