import ArgumentParser
import Glibc
import PluginHost

/// `bulkhead plugin-trial`: the child process in which a new file is loaded for the first time, so that one that
/// crashes or hangs does so there.
struct PluginTrialCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin-trial", abstract: "Load a plug-in once and say what came of it (started by serve).",
    shouldDisplay: false)

  @Option(help: "The open file to load.")
  var fd: Int32

  @Option(help: "The open file is a folder, and this the plug-in in it.")
  var name: String?

  func run() throws {
    let code = TrialLoad.runChild(fd: fd, name: name, host: HostTables.trial.host)
    fflush(nil)
    _exit(code)
  }
}
