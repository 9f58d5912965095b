import DataModel

/// `plugins.workers`: which worker runs which plug-in.
///
///     plugins:
///       workers:
///         libvirt: own
///         reports: {group: slow, memory: 2GiB}
enum PluginWorkerSetting {
  private static let form = "a map of plug-in ids to own, a group's name, or {group: NAME, memory: 2GiB, ...}"

  static let setting = Setting(
    name: "plugins.workers", values: form,
    help: "Plug-ins that run in a worker of their own, or share one with the same group.", example: "{}",
    take: { tree, configuration in
      do throws(Fault) {
        configuration.plugins.workers = try read(tree)
        return nil
      } catch {
        return error.message
      }
    },
    show: { configuration in
      let workers = configuration.plugins.workers.sorted { $0.key < $1.key }
      return workers.isEmpty ? "none" : workers.map { "\($0.key)=\(shown($0.value))" }.joined(separator: ", ")
    })

  private struct Fault: Error {
    let message: String
  }

  private static func shown(_ worker: PluginWorker) -> String {
    let limits = LimitSetting.all.compactMap { limit -> String? in
      let text = limit.show(worker.limits)
      return text == "none" ? nil : "\(limit.name) \(text)"
    }
    return worker.group + (limits.isEmpty ? "" : " (" + limits.joined(separator: ", ") + ")")
  }

  private static func read(_ tree: ConfigurationTree) throws(Fault) -> [String: PluginWorker] {
    var workers: [String: PluginWorker] = [:]
    switch tree {
    // Outside the file: `libvirt=own,reports=slow`.
    case .text(let text):
      for part in text.split(separator: ",") {
        let sides = part.split(separator: "=", maxSplits: 1)
        guard sides.count == 2 else { throw Fault(message: "write it as libvirt=own,reports=slow") }
        workers[String(sides[0])] = try worker(String(sides[0]), group: String(sides[1]))
      }
    case .map(let members):
      for member in members { workers[member.name] = try worker(member) }
    case .list: throw Fault(message: "has to be \(form)")
    }
    return workers
  }

  private static func worker(_ id: String, group: String) throws(Fault) -> PluginWorker {
    guard Names.isPluginID(id) else { throw Fault(message: "\"\(id)\" is no plug-in id") }
    guard group != "own" else { return PluginWorker(group: id) }
    guard Names.isPluginID(group) else {
      throw Fault(message: "\"\(group)\" is no name of a group: a to z, 0 to 9, - and _")
    }
    return PluginWorker(group: group)
  }

  private static func worker(_ member: ConfigurationTree.Member) throws(Fault) -> PluginWorker {
    switch member.value.tree {
    case .text(let group): return try worker(member.name, group: group)
    case .list: throw Fault(message: "\(member.name) has to be own, a group's name, or a map")
    case .map(let fields):
      var worker = try worker(member.name, group: "own")
      for field in fields { try set(field, member.name, &worker) }
      return worker
    }
  }

  private static func set(
    _ field: ConfigurationTree.Member, _ id: String, _ worker: inout PluginWorker
  ) throws(Fault) {
    guard case .text(let text) = field.value.tree else {
      throw Fault(message: "\(id).\(field.name) has to be one value")
    }
    if field.name == "group" {
      worker.group = try Self.worker(id, group: text).group
      return
    }
    guard let limit = LimitSetting.all.first(where: { $0.name == field.name }) else {
      let known = ["group"] + LimitSetting.all.map(\.name)
      throw Fault(
        message: "\(id) has no setting \"\(field.name)\"" + EditDistance.hint(for: field.name, among: known))
    }
    guard limit.take(text, &worker.limits) else {
      throw Fault(message: "\(id).\(field.name): \"\(text)\" is not possible: \(limit.values)")
    }
  }
}
