import ArgumentParser
import Glibc
import PluginCheck

/// `bulkhead plugin-try`: the child process in which one action of a plug-in is run without an engine.
struct PluginTryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin-try",
    abstract: "Run an action as a plan on the standard input says (started by plugin run and plugin check).",
    shouldDisplay: false)

  func run() throws {
    let code = TryChild.run(makeStore: StoreFile.forTrying)
    fflush(nil)
    _exit(code)
  }
}
