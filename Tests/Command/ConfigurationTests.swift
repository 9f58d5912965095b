import Foundation
import PluginHost
import Storage
import Supervision
import TestSupport
import Testing

@testable import bulkhead

@Suite("The configuration")
struct ConfigurationTests {
  private static func read(
    _ text: String, environment: [String: String] = [:], options: [(String, String)] = []
  ) throws -> LayeredConfiguration {
    let folder = try TestStore.makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/b.yaml"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return try ConfigurationLayers.read(
      file: path, options: options.map { (setting: $0.0, text: $0.1) }, environment: { environment[$0] })
  }

  /// Places without the folder, with messages.
  private static func problems(_ text: String, environment: [String: String] = [:]) throws -> [String] {
    do {
      _ = try read(text, environment: environment)
      return []
    } catch let error as ConfigurationError {
      return error.problems.map { problem in
        (problem.place.split(separator: "/").last.map(String.init) ?? problem.place) + ": " + problem.message
      }
    }
  }

  @Test("every setting can be given in the file, as a map in a map or with its whole name")
  func wholeFile() throws {
    let layered = try Self.read(
      """
      store: sqlite:/var/lib/b.db
      worker:
        slots: 25
        away_limit: 10m
        memory: 2GiB
        processors: 1.5
        tasks: 500
        user: nobody
      plugins.directory: /opt/p
      plugins:
        trust: signed
        keys: /etc/keys
        allow: [\(String(repeating: "a", count: 64))]
        revoked:
          - \(String(repeating: "0", count: 64))
        probation: 5
        workers:
          libvirt: own
          reports: {group: slow, memory: 512MiB}
      retention:
        jobs: 7d
        logs: none
      """)
    let configuration = layered.configuration
    #expect(configuration.location.path == "/var/lib/b.db" && configuration.slots == 25)
    #expect(configuration.awayLimitSeconds == 600 && configuration.limits.memoryBytes == 2 << 30)
    #expect(configuration.limits.processors == 1.5 && configuration.limits.tasks == 500)
    #expect(configuration.limits.user == "nobody" && configuration.pluginFolder == "/opt/p")
    #expect(
      configuration.plugins.trust.rule == .signed && configuration.plugins.trust.keyFolder == "/etc/keys")
    #expect(configuration.plugins.trust.allowed.count == 1 && configuration.plugins.trust.revoked.count == 1)
    #expect(configuration.plugins.probationRuns == 5)
    #expect(configuration.plugins.workers["libvirt"] == PluginWorker(group: "libvirt"))
    #expect(configuration.plugins.workers["reports"]?.group == "slow")
    #expect(configuration.plugins.workers["reports"]?.limits.memoryBytes == 512 << 20)
    #expect(configuration.retention.jobs == 7 * 86_400_000 && configuration.retention.logs == 0)
  }

  @Test("a variable goes over the file, an option over both, and each value knows where it comes from")
  func layers() throws {
    let layered = try Self.read(
      "worker: {slots: 1}\nretention.jobs: 1d\nretention.logs: 1d",
      environment: ["BULKHEAD_WORKER_SLOTS": "2", "BULKHEAD_RETENTION_JOBS": "2d"],
      options: [("worker.slots", "3")])
    #expect(layered.configuration.slots == 3)
    #expect(layered.configuration.retention.jobs == 2 * 86_400_000)
    #expect(layered.origins["worker.slots"] == .option("--slots"))
    #expect(layered.origins["retention.jobs"] == .environment("BULKHEAD_RETENTION_JOBS"))
    #expect(layered.origins["retention.logs"]?.text.hasSuffix("b.yaml:3:17") == true)
    #expect(layered.origins["plugins.trust"] == nil)
  }

  @Test("all faults of a file are told at once, each with its line and column")
  func faults() throws {
    let found = try Self.problems(
      """
      worker:
        slots: 0
        memry: 1GiB
      plugin: {a: b}
      plugins:
        trust: signd
        workers: {libvirt: {memory: 2XB}}
      retention.jobs: 30
      """)
    #expect(
      found == [
        "b.yaml:3:10: there is no setting \"worker.memry\"; did you mean \"worker.memory\"?",
        "b.yaml:4:9: there is no setting \"plugin\"; did you mean \"plugins.allow\"?",
        "b.yaml:2:10: worker.slots: \"0\" is not possible: a number from 1 to 100000",
        "b.yaml:6:10: plugins.trust: \"signd\" is not possible: directory, allow-list or signed",
        "b.yaml:7:12: plugins.workers: libvirt.memory: \"2XB\" is not possible: a size from 64MiB, such as 2GiB, or none",
        "b.yaml:8:17: retention.jobs: \"30\" is not possible: a duration such as 90d, or none to keep them for ever",
      ])
  }

  @Test(
    "limits that no worker can live with are refused",
    arguments: [
      ("memory", "1", "64MiB"), ("memory", "63MiB", "64MiB"), ("processors", "0.01", "0.05"),
      ("processors", "nan", "0.05"), ("processors", "-1", "0.05"), ("tasks", "31", "32"),
    ])
  func leastLimits(_ limit: String, _ value: String, _ least: String) throws {
    for text in ["worker.\(limit): \(value)", "plugins: {workers: {p: {\(limit): \(value)}}}"] {
      let found = try Self.problems(text)
      #expect(found.count == 1 && found[0].contains("\"\(value)\" is not possible") == true, "\(found)")
      #expect(found.first?.contains("from \(least)") == true, "\(found)")
    }
    #expect(try Self.problems("worker.\(limit): \(least)").isEmpty)
    #expect(try Self.problems("worker.\(limit): none").isEmpty)
  }

  @Test(
    "a text that is no configuration is refused with what is wrong",
    arguments: [
      ("a: [1\nb: 2", "it is not YAML"), ("- a\n- b", "has to be a map"), ("just words", "has to be a map"),
      ("store: sqlite:a\nstore: sqlite:b", "\"store\" is given twice"),
      ("store: [a, b]", "has to be one value"),
      ("store: postgres://x", "is no location of a store"), ("worker: 5", "it holds settings"),
      ("plugins.allow: [zz]", "\"zz\" is not possible"), ("store: {a: {b: c}}", "has to be one value"),
      ("x: {a: {a: {a: {a: {a: {a: {a: {a: {a: 1}}}}}}}}}", "nested deeper"),
      ("worker.user: root/x", "is not possible"), ("plugins.workers: {Big: own}", "is no plug-in id"),
    ])
  func refused(text: String, message: String) throws {
    let found = try Self.problems(text)
    #expect(found.contains { $0.contains(message) }, "\(found)")
  }

  @Test("a text that says very much by aliases, or is very deep, is refused at once")
  func bombs() throws {
    func list(_ words: [String]) -> String { "[" + words.joined(separator: ",") + "]" }
    var lines = ["a0: &a0 " + list(Array(repeating: "x", count: 30))]
    for level in 1..<6 {
      lines.append("a\(level): &a\(level) " + list(Array(repeating: "*a\(level - 1)", count: 30)))
    }
    #expect(
      try Self.problems(lines.joined(separator: "\n")).first?.contains("more than 100000 values") == true)
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
      let deep = String(repeating: open, count: 20_000) + "1" + String(repeating: close, count: 20_000)
      #expect(try Self.problems("a: " + deep).first?.contains("it is not YAML") == true)
    }
  }

  @Test("a variable that is wrong names itself")
  func variable() throws {
    let found = try Self.problems("", environment: ["BULKHEAD_WORKER_SLOTS": "many"])
    #expect(
      found == ["$BULKHEAD_WORKER_SLOTS: worker.slots: \"many\" is not possible: a number from 1 to 100000"])
  }

  @Test(
    "an empty file and one that is all comments leave the defaults",
    arguments: ["", "# nothing\n", "worker:\n"])
  func empty(text: String) throws {
    let layered = try Self.read(text)
    #expect(layered.origins.isEmpty && layered.configuration.slots == 1000)
  }

  @Test("the example is a right file, and stays one with every line uncommented")
  func example() throws {
    let lines = ConfigExampleCommand.lines
    #expect(try Self.read(lines.joined(separator: "\n")).origins.isEmpty)
    // The third line of each setting is its own.
    let uncommented = lines.map { line -> String in
      let words = line.drop(while: { $0 == " " })
      guard words.hasPrefix("# "), let name = words.dropFirst(2).split(separator: ":").first,
        Settings.all.contains(where: { $0.name == name || $0.name.hasSuffix("." + name) })
      else { return line }
      return line.replacing("# ", with: "", maxReplacements: 1)
    }
    let layered = try Self.read(uncommented.joined(separator: "\n"))
    #expect(layered.origins.count == Settings.all.count)
  }

  @Test("every setting shows its value as it may be written again")
  func shownAsWritten() throws {
    let layered = try Self.read("")
    for setting in Settings.all {
      let text = setting.show(layered.configuration)
      if text == "none" { continue }
      var other = layered.configuration
      #expect(setting.take(.text(text), &other) == nil, "\(setting.name): \(text)")
      #expect(other == layered.configuration, "\(setting.name): \(text)")
    }
  }

  @Test(
    "sizes and durations are read and written alike",
    arguments: [("2GiB", Int64(2) << 30), ("512MiB", 512 << 20), ("1000", 1000), ("none", 0)])
  func sizes(text: String, bytes: Int64) {
    #expect(SettingText.bytes(text) == bytes && SettingText.bytesText(bytes) == text)
    #expect(SettingText.bytes("9999999999GiB") == nil && SettingText.bytes("GiB") == nil)
    #expect(SettingText.duration("90d").map(SettingText.durationText) == "90d")
    #expect(SettingText.duration("1h30m").map(SettingText.durationText) == "90m")
  }
}
