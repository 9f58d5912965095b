import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

struct PluginsShowCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a plug-in: its actions, their parameters, and which worker has it.",
    discussion: """
      Examples:
        bulkhead plugins show libvirt
        bulkhead plugins show refused_file.so

      With --json: {"plugins":[…]}, every file with that id or name, each as `bulkhead plugins list --json` prints it, \
      with title, description, abi {built, min_host}, records, secrets and, in place of names, actions \
      [{name, title, description, repeat, deadline_ms, cleanup_ms, grace_ms, parameters, result}]; the last two are \
      the JSON Schemas of the manifest.

      Exit codes: 0 done, 6 no such plug-in, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(
    help: ArgumentHelp("The plug-in's id, or a file's name in the plug-in directory.", valueName: "id"),
    completion: LiveCompletion.plugin)
  var id: String

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let all = PluginDocument.all(try connect().client.plugins())
    let plugins = all.filter { $0.file.pluginID == id || $0.file.file == id }
    guard !plugins.isEmpty else {
      let near = EditDistance.hint(for: id, among: Set(all.map(\.file.pluginID).filter { !$0.isEmpty }))
      throw EngineError(
        .notFound, "there is no plug-in \"\(id)\"\(near)", cure: "see `\(engine.hint("plugins list"))`")
    }
    if engine.json {
      let document: JSONText = ["plugins": .list(plugins.map { $0.json(isWhole: true) })]
      Terminal.output.line(document.text)
      return
    }
    for (index, plugin) in plugins.enumerated() {
      if index > 0 { Terminal.output.line() }
      Terminal.output.lines(
        Self.lines(
          plugin, now: WallClock.milliseconds, width: Terminal.output.width,
          colour: Terminal.output.usesColour))
    }
  }

  private static func place(_ file: PluginFile) -> String {
    WorkerGroup.isProbation(file.group)
      ? "worker \(file.group): a new version runs alone until it has proven itself"
      : "worker group " + WorkerGroup.title(file.group)
  }

  static func lines(_ plugin: PluginDocument, now: Int64, width: Int?, colour: Bool) -> [String] {
    let file = plugin.file
    var facts = FactList()
    facts.add("state", file.state.name, style: .state(file.state.name), colour: colour)
    if let manifest = plugin.manifest {
      facts.add("title", manifest.title)
      facts.add("about", manifest.description)
      facts.add(
        "ABI", "built for \(manifest.abi.built), needs a host of \(manifest.abi.minimumHost) or later")
      facts.add("records", manifest.records.joined(separator: ", "))
      facts.add("secrets", manifest.secrets.joined(separator: ", "))
    }
    facts.add("file", file.file)
    facts.add("SHA-256", file.sha256)
    if file.generation > 0 { facts.add("generation", "\(file.generation)") }
    facts.add("changed", TimeText.withAge(file.changedAt, now: now))
    if file.state == .active { facts.add("runs in", Self.place(file)) }
    for report in plugin.reports {
      facts.add("worker \(report.node)", report.isLoaded ? "loaded" : "not loaded: " + report.message)
    }
    facts.add("why", file.state == .active ? "" : file.message)
    let name = file.pluginID.isEmpty ? file.file : file.pluginID + " " + file.version
    return [Style.bold.apply(SafeText.escape(name), colour: colour)] + facts.lines
      + (plugin.manifest.map { ManifestDocument.lines($0, width: width, colour: colour) } ?? [])
  }
}
