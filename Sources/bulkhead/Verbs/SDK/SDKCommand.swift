import ArgumentParser

struct SDKCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sdk",
    abstract: "What plug-in authors need besides a compiler; needs no engine.",
    discussion: """
      Examples:
        bulkhead sdk header manifest.json --output params.h
        bulkhead sdk schema
      """,
    subcommands: [SDKHeaderCommand.self, SDKSchemaCommand.self])
}
