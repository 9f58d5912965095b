import ArgumentParser

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Make a plug-in, look at its file, try it, sign it; needs no engine.",
    discussion: """
      Examples:
        bulkhead plugin new my-plugin
        bulkhead plugin inspect ./checksum.so
        bulkhead plugin check ./checksum.so
      """,
    subcommands: [
      PluginNewCommand.self, PluginInspectCommand.self, PluginCheckCommand.self, PluginSignCommand.self,
      PluginVerifyCommand.self, PluginKeysCommand.self,
    ])
}
