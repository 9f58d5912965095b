import ArgumentParser

/// Which folder of public keys a verb looks into, and how it answers.
struct KeyFolderOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder of public keys (default: plugins.keys of the configuration).", valueName: "folder"))
  var keys: String?

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false
}
