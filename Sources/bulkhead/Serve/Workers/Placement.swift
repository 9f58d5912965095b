import DataModel
import Storage
import Supervision

/// Where each plug-in runs, and which workers that needs. Pure.
struct Placement: Sendable {
  let plugins: PluginsConfiguration
  /// Of the shared worker.
  let limits: WorkerLimits

  init(_ configuration: EngineConfiguration) {
    plugins = configuration.plugins
    limits = configuration.limits
  }

  /// The group of an accepted version: one of its own while it is on probation.
  func group(of version: PluginVersion) -> String {
    version.isOnProbation ? WorkerGroup.probation(sha256: version.sha256) : home(of: version.pluginID)
  }

  /// The group that is configured for a plug-in.
  func home(of plugin: String) -> String {
    guard let worker = plugins.workers[plugin] else { return WorkerGroup.shared }
    switch worker.group {
    case "own": return plugin
    case "shared": return WorkerGroup.shared
    default: return worker.group
    }
  }

  /// The active files that are not where they belong, as the verbs that move them. A file whose version is not
  /// known yet is left where it is.
  func moves(_ files: [PluginFile], _ versions: [PluginVersion]) -> [PlacePlugin] {
    files.compactMap { file in
      guard file.state == .active, let version = versions.first(where: { $0.sha256 == file.sha256 }),
        group(of: version) != file.group
      else { return nil }
      return PlacePlugin(file: file.file, sha256: file.sha256, group: group(of: version))
    }
  }

  /// The workers that have to run for these files, with their limits: the shared one always, of the others those
  /// that an active plug-in is placed in.
  func groups(_ files: [PluginFile]) -> [String: WorkerLimits] {
    var groups = [WorkerGroup.shared: limits]
    for file in files where file.state == .active && groups[file.group] == nil {
      groups[file.group] =
        WorkerGroup.isProbation(file.group)
        ? limits(onProbation: file.pluginID) : Self.strictest(members(of: file.group).map(\.value.limits))
    }
    return groups
  }

  /// Those that it will have: a version on probation is not to have more than its plug-in is allowed.
  private func limits(onProbation plugin: String) -> WorkerLimits {
    let home = home(of: plugin)
    return home == WorkerGroup.shared ? limits : Self.strictest(members(of: home).map(\.value.limits))
  }

  private func members(of group: String) -> [(key: String, value: PluginWorker)] {
    plugins.workers.filter { home(of: $0.key) == group }.sorted { $0.key < $1.key }
  }

  /// Of several plug-ins in one worker the strictest limit counts.
  private static func strictest(_ all: [WorkerLimits]) -> WorkerLimits {
    WorkerLimits(
      memoryBytes: all.map(\.memoryBytes).filter { $0 > 0 }.min() ?? 0,
      processors: all.map(\.processors).filter { $0 > 0 }.min() ?? 0,
      tasks: all.map(\.tasks).filter { $0 > 0 }.min() ?? 0,
      user: all.map(\.user).first { !$0.isEmpty } ?? "")
  }

  /// What cannot be: two plug-ins of one group that want different users. Nil when all is well.
  var problem: String? {
    for group in Set(plugins.workers.keys.map(home)).sorted() where group != WorkerGroup.shared {
      let users = members(of: group).filter { !$0.value.limits.user.isEmpty }
      if let first = users.first,
        let other = users.first(where: { $0.value.limits.user != first.value.limits.user })
      {
        return
          "the plug-ins \(first.key) and \(other.key) share the worker \(group) and want different users, "
          + "\(first.value.limits.user) and \(other.value.limits.user): give one of them another group"
      }
    }
    return nil
  }

  /// Every user that a worker may run as.
  var users: Set<String> {
    Set((plugins.workers.values.map(\.limits.user) + [limits.user]).filter { !$0.isEmpty })
  }
}
