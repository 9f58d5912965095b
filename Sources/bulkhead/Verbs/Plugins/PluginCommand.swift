import ArgumentParser

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Make a plug-in, or look at a plug-in file; needs no engine.",
    discussion: """
      Examples:
        bulkhead plugin new my-plugin
        bulkhead plugin inspect ./checksum.so
      """,
    subcommands: [PluginNewCommand.self, PluginInspectCommand.self])
}
