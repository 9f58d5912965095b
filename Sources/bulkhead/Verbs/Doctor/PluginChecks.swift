import Foundation
import PluginHost
import Storage

/// The plug-in directory and the folder of keys, by the same rules as the engine's.
struct PluginFolderFacts: Sendable, Equatable {
  var folder = "/plugins"
  var exists = true
  /// Why nothing is taken from the folder; nil: all is well.
  var objection: Objection?
  /// Names of the known keys; nil when signatures are not asked for.
  var keys: [String]?
  var keysObjection: Objection?

  init() {}

  /// `engine`: the process that serves, whose command line and user count.
  init(_ settings: EngineConfiguration, engine: Int32?) {
    folder = ServingProcess.path(
      ServingProcess.option("--plugins", of: engine) ?? settings.pluginFolder, of: engine)
    exists = FileManager.default.fileExists(atPath: folder)
    let rules = FileRules(user: ServingProcess.user(engine))
    if exists {
      do throws(Objection) { try rules.checkFolder(folder) } catch { objection = error }
    }
    guard settings.plugins.trust.rule == .signed, !settings.plugins.trust.keyFolder.isEmpty else {
      keys = settings.plugins.trust.rule == .signed ? [] : nil
      return
    }
    do throws(Objection) {
      keys = try KeyFolder(path: settings.plugins.trust.keyFolder, rules: rules).entries().map(\.name)
    } catch {
      keysObjection = error
    }
  }
}

/// What the kernel tells of the process that serves.
enum ServingProcess {
  /// The value of an option on its command line.
  static func option(_ name: String, of pid: Int32?) -> String? {
    guard let pid, let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return nil }
    let words = data.split(separator: 0, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    if let word = words.last(where: { $0.hasPrefix(name + "=") }) {
      return String(word.dropFirst(name.count + 1))
    }
    guard let place = words.lastIndex(of: name), place + 1 < words.count else { return nil }
    return words[place + 1]
  }

  /// A relative path is one from the folder that it was started in.
  static func path(_ path: String, of pid: Int32?) -> String {
    if path.hasPrefix("/") { return path }
    let own = FileManager.default.currentDirectoryPath
    let folder = pid.flatMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/cwd") }
    return URL(fileURLWithPath: (folder ?? own) + "/" + path).standardizedFileURL.path
  }

  static func user(_ pid: Int32?) -> UInt32 {
    var facts = stat()
    guard let pid, stat("/proc/\(pid)", &facts) == 0 else { return geteuid() }
    return facts.st_uid
  }
}

enum PluginChecks {
  static func judge(
    _ folder: PluginFolderFacts, _ answers: EngineAnswers, _ settings: EngineConfiguration
  ) -> [HealthCheck] {
    var checks = [directory(folder)]
    if folder.keys != nil || folder.keysObjection != nil { checks.append(keys(folder)) }
    guard let plugins = answers.plugins else { return checks }
    let reasons = Dictionary((answers.revocations ?? []).map { ($0.sha256, $0.reason) }) { first, _ in first }
    let hashes = settings.plugins.trust.revoked.union(reasons.keys)
    return checks + [
      refused(plugins.files), loaded(plugins, answers.workers?.workers ?? []), revoked(plugins, hashes),
    ]
  }

  private static func directory(_ facts: PluginFolderFacts) -> HealthCheck {
    guard facts.exists else {
      return HealthCheck(
        .pluginsDirectory, .note, "there is no \(facts.folder) yet",
        cure: "`bulkhead serve` makes it; name another with --plugins")
    }
    if let objection = facts.objection {
      return HealthCheck(
        .pluginsDirectory, .fault, "nothing is taken from \(facts.folder): \(objection.rule)",
        cure: objection.cure)
    }
    return HealthCheck(.pluginsDirectory, .ok, facts.folder)
  }

  private static func keys(_ facts: PluginFolderFacts) -> HealthCheck {
    if let objection = facts.keysObjection {
      return HealthCheck(
        .pluginsKeys, .fault, "no signature can be checked: \(objection.rule)", cure: objection.cure)
    }
    guard let keys = facts.keys, !keys.isEmpty else {
      return HealthCheck(
        .pluginsKeys, .fault, "only signed plug-ins are taken, and no key is known",
        cure:
          "put a NAME.pub file into the folder that plugins.keys names (bulkhead plugin keys generate NAME)")
    }
    return HealthCheck(.pluginsKeys, .ok, keys.joined(separator: ", "))
  }

  private static func refused(_ files: [PluginFile]) -> HealthCheck {
    let refused = files.filter { $0.state == .refused }
    let active = files.count { $0.state == .active }
    guard !refused.isEmpty else { return HealthCheck(.pluginsRefused, .ok, "none; \(active) are active") }
    return HealthCheck(
      .pluginsRefused, .warning,
      HealthCheck.listed(
        refused.map { $0.message.contains($0.file) ? $0.message : "\($0.file): \($0.message)" }),
      cure: "do what each says, or remove the file; `bulkhead plugin check FILE` tells more")
  }

  /// Each active plug-in has to be loaded by a worker of its group.
  private static func loaded(_ plugins: PluginList, _ workers: [WorkerFacts]) -> HealthCheck {
    let active = plugins.files.filter { $0.state == .active }
    let complaints = active.flatMap { file -> [String] in
      let members = Set(workers.filter { $0.node.group == file.group }.map(\.node.id))
      let reports = plugins.reports.filter { $0.sha256 == file.sha256 && members.contains($0.node) }
      let failed = reports.filter { !$0.isLoaded }.map {
        "worker \($0.node) could not load \(file.file): \($0.message)"
      }
      if !failed.isEmpty { return failed }
      return reports.isEmpty ? ["no worker has loaded \(file.file) yet"] : []
    }
    guard complaints.isEmpty else {
      return HealthCheck(
        .pluginsLoaded, .warning, HealthCheck.listed(complaints),
        cure: "a moment after a change this is usual; else try it: bulkhead plugin check FILE")
    }
    return HealthCheck(.pluginsLoaded, .ok, "\(active.count) of \(active.count)")
  }

  private static func revoked(_ plugins: PluginList, _ revoked: Set<String>) -> HealthCheck {
    let active = plugins.files.filter { $0.state == .active && revoked.contains($0.sha256) }
    guard active.isEmpty else {
      return HealthCheck(
        .pluginsRevoked, .fault, active.map { "\($0.file) (\($0.sha256.prefix(12))) is revoked and active" },
        cure:
          "revoke it at the engine too: bulkhead plugins revoke \(active[0].pluginID); or restart it with this "
          + "configuration")
    }
    let rests = plugins.reports.filter { $0.isLoaded && revoked.contains($0.sha256) }
    guard let first = rests.first else { return HealthCheck(.pluginsRevoked, .ok, "none is in use") }
    return HealthCheck(
      .pluginsRevoked, .note,
      HealthCheck.listed(rests.map { "worker \($0.node) still holds code of \($0.sha256.prefix(12))" }),
      cure: "jobs that run go on to their end; for a fresh worker: bulkhead workers drain \(first.node)")
  }
}
