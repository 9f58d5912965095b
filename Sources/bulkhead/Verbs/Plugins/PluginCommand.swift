import ArgumentParser

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Look at a plug-in file, try it, sign it; needs no engine.",
    discussion: """
      Example:
        bulkhead plugin inspect ./checksum.so
        bulkhead plugin check ./checksum.so
      """,
    subcommands: [
      PluginInspectCommand.self, PluginCheckCommand.self, PluginSignCommand.self, PluginVerifyCommand.self,
      PluginKeysCommand.self,
    ])
}
