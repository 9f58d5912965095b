import ArgumentParser

struct PluginsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugins",
    abstract: "Look at the plug-ins that the engine has, and at what it refused.",
    discussion: """
      Examples:
        bulkhead plugins list
        bulkhead plugins show libvirt
      """,
    subcommands: [
      PluginsListCommand.self, PluginsShowCommand.self, PluginsRevokeCommand.self, PluginsRestoreCommand.self,
      PluginsRevocationsCommand.self,
    ])
}
