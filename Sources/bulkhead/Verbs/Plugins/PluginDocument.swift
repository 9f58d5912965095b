import DataModel
import Storage

/// A file of the plug-in directory with what the workers say of it: as the verbs print it.
struct PluginDocument {
  let file: PluginFile
  let reports: [PluginReport]
  let manifest: Manifest?

  init(_ file: PluginFile, of list: PluginList) {
    self.file = file
    reports = file.sha256.isEmpty ? [] : list.reports.filter { $0.sha256 == file.sha256 }
    manifest = try? Manifest(text: file.manifest)
  }

  /// Active ones first, then by plug-in and file.
  static func all(_ list: PluginList) -> [PluginDocument] {
    list.files.map { PluginDocument($0, of: list) }.sorted {
      ($0.file.state.rawValue, $0.file.pluginID, $0.file.file)
        < ($1.file.state.rawValue, $1.file.pluginID, $1.file.file)
    }
  }

  /// With everything of the manifest when `isWhole`, else with the names of the actions.
  func json(isWhole: Bool) -> JSONText {
    var members: [(name: String, value: JSONText)] = [
      (name: "id", value: .nonEmpty(file.pluginID)),
      (name: "version", value: .nonEmpty(file.version)),
      (name: "state", value: .string(file.state.name)),
      (name: "generation", value: .integer(file.generation)),
      (name: "file", value: .string(file.file)),
      (name: "worker_group", value: .string(WorkerGroup.title(file.group))),
      (name: "sha256", value: .nonEmpty(file.sha256)),
      (name: "message", value: .nonEmpty(file.message)),
      (name: "changed_at", value: .string(TimeText.rfc3339(file.changedAt))),
      (name: "workers", value: .list(reports.map(Self.report))),
    ]
    if isWhole {
      members += manifest.map { ManifestDocument.json($0) } ?? []
    } else {
      members.append((name: "actions", value: .strings(manifest?.actions.map(\.name) ?? [])))
    }
    return .object(members)
  }

  /// "2 loaded", "1 loaded, 1 failed".
  var workers: String {
    let loaded = reports.count(where: \.isLoaded)
    let failed = reports.count - loaded
    return "\(loaded) loaded" + (failed > 0 ? ", \(failed) failed" : "")
  }

  /// What is wrong with it, a sentence each.
  var complaints: [String] {
    let failures = reports.filter { !$0.isLoaded }.map {
      "worker \($0.node) could not load it: \($0.message)"
    }
    let own = file.state == .active || file.message.isEmpty ? [] : [file.message]
    return (own + failures).map { $0.contains(file.file) ? $0 : file.file + ": " + $0 }
  }

  private static func report(_ report: PluginReport) -> JSONText {
    [
      "worker": .integer(report.node.rawValue), "loaded": .bool(report.isLoaded),
      "message": .nonEmpty(report.message),
    ]
  }
}
