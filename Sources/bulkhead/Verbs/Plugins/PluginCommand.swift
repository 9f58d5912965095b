import ArgumentParser

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Look at a plug-in file, and try it; needs no engine.",
    discussion: """
      Example:
        bulkhead plugin inspect ./checksum.so
        bulkhead plugin check ./checksum.so
      """,
    subcommands: [PluginInspectCommand.self, PluginCheckCommand.self])
}
