import ArgumentParser

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Look at a plug-in file; needs no engine.",
    discussion: """
      Example:
        bulkhead plugin inspect ./checksum.so
      """,
    subcommands: [PluginInspectCommand.self])
}
