import ArgumentParser

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Look at a plug-in file, try it, sign it; needs no engine.",
    discussion: """
      Example:
        bulkhead plugin inspect ./checksum.so
      """,
    subcommands: [
      PluginInspectCommand.self, PluginSignCommand.self, PluginVerifyCommand.self, PluginKeysCommand.self,
    ])
}
