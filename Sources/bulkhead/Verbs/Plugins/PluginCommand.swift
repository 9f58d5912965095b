import ArgumentParser

struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Look at a plug-in file, run it, try it, sign it; needs no engine.",
    discussion: """
      Example:
        bulkhead plugin inspect ./checksum.so
        bulkhead plugin check ./checksum.so
        bulkhead plugin run ./checksum.so tree --param path=/usr/include
      """,
    subcommands: [
      PluginInspectCommand.self, PluginCheckCommand.self, PluginRunCommand.self, PluginSignCommand.self,
      PluginVerifyCommand.self, PluginKeysCommand.self,
    ])
}
