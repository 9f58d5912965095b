import ArgumentParser

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Look at the configuration.",
    discussion: """
      One file (YAML), variables over it, options of `bulkhead serve` over both.

      Example:
        bulkhead config check
      """,
    subcommands: [ConfigCheckCommand.self, ConfigExampleCommand.self])
}
