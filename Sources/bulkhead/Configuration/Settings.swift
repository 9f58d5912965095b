import DataModel
import PluginHost
import Storage
import Supervision

/// Every setting there is, in the order in which they are shown.
enum Settings {
  static let all: [Setting] = store + worker + plugins + retention

  static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

  private static let store: [Setting] = [
    .text(
      "store", option: "store", values: "sqlite:PATH", help: "Where jobs, logs and records are kept.",
      example: "sqlite:/var/lib/bulkhead/jobs.db", show: { $0.location.description },
      take: { text, configuration in
        do throws(StoreError) {
          configuration.location = try StoreLocation(text)
          return nil
        } catch {
          return "\(error.message); \(error.cure)"
        }
      })
  ]

  private static let worker: [Setting] =
    [
      .parsed(
        "worker.slots", option: "slots", values: "a number from 1 to 100000",
        help: "Jobs that run at once in one worker; each has a thread of its own.", example: "1000", \.slots,
        read: { Int($0).flatMap { (1...100_000).contains($0) ? $0 : nil } }, write: { String($0) }),
      .parsed(
        "worker.away_limit", option: "away-limit", values: "a duration in whole seconds such as 10m, or none",
        help: "Ends a worker that has been without the serving process for so long, even with jobs.",
        example: "none", \.awayLimitSeconds,
        read: { SettingText.duration($0).flatMap { $0 % 1000 == 0 ? Int($0 / 1000) : nil } },
        write: { SettingText.durationText(Milliseconds($0) * 1000) }),
    ] + limits("worker", \.limits)

  private static func limits(
    _ prefix: String, _ path: any WritableKeyPath<EngineConfiguration, WorkerLimits> & Sendable
  ) -> [Setting] {
    LimitSetting.all.map { limit in
      .text(
        "\(prefix).\(limit.name)", values: limit.values, help: limit.help, example: limit.example,
        show: { limit.show($0[keyPath: path]) },
        take: { text, configuration in
          limit.take(text, &configuration[keyPath: path])
            ? nil : "\"\(text)\" is not possible: \(limit.values)"
        })
    }
  }

  private static let plugins: [Setting] = [
    .text(
      "plugins.directory", option: "plugins", values: "a folder",
      help: "Plug-ins (.so files) are dropped here; it is made if it is not there.",
      example: "/opt/bulkhead/plugins",
      show: { $0.pluginFolder },
      take: { text, configuration in
        if text.isEmpty { return "has to name a folder" }
        configuration.pluginFolder = text
        return nil
      }),
    .parsed(
      "plugins.trust", option: "trust", values: "directory, allow-list or signed",
      help: "Which files are taken: all in the directory, those listed by hash, those signed by a known key.",
      example: "directory", \.plugins.trust.rule, read: { PluginTrust.Rule(rawValue: $0) },
      write: { $0.rawValue }),
    .text(
      "plugins.keys", option: "keys", values: "a folder",
      help: "Public keys that signatures are checked with (NAME.pub).",
      example: "/etc/bulkhead/keys",
      show: { $0.plugins.trust.keyFolder.isEmpty ? "none" : $0.plugins.trust.keyFolder },
      take: { text, configuration in
        configuration.plugins.trust.keyFolder = text
        return nil
      }),
    .list(
      "plugins.allow", values: "SHA-256 hashes, 64 lower-case hexadecimal digits each",
      help: "What `trust: allow-list` takes.", example: "[]", \.plugins.trust.allowed,
      check: { SettingText.isHash($0) }),
    .list(
      "plugins.revoked", values: "SHA-256 hashes, 64 lower-case hexadecimal digits each",
      help: "Never taken, whatever else is said.", example: "[]", \.plugins.trust.revoked,
      check: { SettingText.isHash($0) }),
    .parsed(
      "plugins.probation", option: "probation", values: "a number of runs from 0 to 1000000",
      help: "Clean runs in a worker of its own before a new version joins the others; 0: no probation.",
      example: "20", \.plugins.probationRuns,
      read: { Int($0).flatMap { (0...1_000_000).contains($0) ? $0 : nil } }, write: { String($0) }),
    PluginWorkerSetting.setting,
  ]

  private static let retention: [Setting] = [
    .parsed(
      "retention.jobs", option: "keep-jobs", values: "a duration such as 90d, or none to keep them for ever",
      help: "How long jobs that have ended are kept, with events, logs and results.", example: "90d",
      \.retention.jobs, read: { SettingText.duration($0) }, write: { SettingText.durationText($0) }),
    .parsed(
      "retention.logs", option: "keep-logs", values: "a duration such as 30d, or none to keep them for ever",
      help: "How long log lines of jobs that have ended are kept.", example: "30d", \.retention.logs,
      read: { SettingText.duration($0) }, write: { SettingText.durationText($0) }),
  ]
}
