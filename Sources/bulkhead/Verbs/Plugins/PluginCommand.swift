import ArgumentParser

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Make a plug-in, look at its file, run it, try it, sign it; needs no engine.",
    discussion: """
      Examples:
        bulkhead plugin new my-plugin
        bulkhead plugin inspect ./checksum.so
        bulkhead plugin run ./checksum.so tree --param path=/usr/include
        bulkhead plugin check ./checksum.so
      """,
    subcommands: [
      PluginNewCommand.self, PluginInspectCommand.self, PluginRunCommand.self, PluginCheckCommand.self,
      PluginSignCommand.self, PluginVerifyCommand.self, PluginKeysCommand.self,
    ])
}
