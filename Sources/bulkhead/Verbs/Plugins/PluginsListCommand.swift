import ArgumentParser
import DataModel
import JobEngine
import Storage

struct PluginsListCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List every file of the plug-in directory: what is active, and what was refused and why.",
    discussion: """
      Example:
        bulkhead plugins list

      States: \(PluginFile.State.allCases.map(\.name).joined(separator: ", ")).

      With --json: {"plugins":[…]}, each with id, version, state, generation, file, worker_group, sha256, message (why it was \
      refused or removed), changed_at, workers [{worker, loaded, message}] and actions [name]. id, version, sha256 and \
      message are null where there is none.

      Exit codes: 0 done, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let plugins = PluginDocument.all(try connect().client.plugins())
    if engine.json {
      let document: JSONText = ["plugins": .list(plugins.map { $0.json(isWhole: false) })]
      Terminal.output.line(document.text)
    } else if plugins.isEmpty {
      Terminal.output.line("no plug-ins; copy one into the plug-in directory of `bulkhead serve`")
    } else {
      Terminal.output.lines(
        Self.lines(plugins, width: Terminal.output.width, colour: Terminal.output.usesColour))
    }
  }

  /// The table, and below it the sentences that are too long for one.
  static func lines(_ plugins: [PluginDocument], width: Int?, colour: Bool) -> [String] {
    var table = Table("PLUG-IN", "VERSION", "STATE", ">GENERATION", "RUNS IN", "WORKERS", "FILE", "ACTIONS")
    for plugin in plugins {
      let file = plugin.file
      table.add(
        .init(dash(file.pluginID)), .init(dash(file.version)),
        .init(file.state.name, style: .state(file.state.name)),
        .init(file.generation > 0 ? "\(file.generation)" : "-"),
        .init(file.state == .active ? WorkerGroup.title(file.group) : "-"),
        .init(file.state == .active ? plugin.workers : "-"), .init(file.file),
        .init(plugin.manifest?.actions.map(\.name).joined(separator: ", ") ?? ""))
    }
    let complaints = plugins.flatMap(\.complaints)
    let lines = table.lines(width: width, colour: colour)
    return complaints.isEmpty ? lines : lines + [""] + complaints.flatMap { SafeText.lines($0) }
  }

  private static func dash(_ text: String) -> String { text.isEmpty ? "-" : text }
}
