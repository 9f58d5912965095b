import Foundation
import TestSupport
import Testing

/// What people read first, and what scripts were written by: it changes only on purpose. `UPDATE_GOLDEN=1` writes
/// the files anew.
@Suite struct HelpTests {
  /// Every verb that is shown.
  static let verbs: [[String]] = [
    [],
    ["audit"],
    ["audit", "list"],
    ["completion"],
    ["config"],
    ["config", "check"],
    ["config", "example"],
    ["doctor"],
    ["jobs"],
    ["jobs", "cancel"],
    ["jobs", "events"],
    ["jobs", "list"],
    ["jobs", "logs"],
    ["jobs", "reconcile"],
    ["jobs", "resolve"],
    ["jobs", "show"],
    ["jobs", "wait"],
    ["jobs", "why"],
    ["plugin"],
    ["plugin", "check"],
    ["plugin", "inspect"],
    ["plugin", "keys"],
    ["plugin", "new"],
    ["plugin", "run"],
    ["plugin", "sign"],
    ["plugin", "verify"],
    ["plugin", "keys", "generate"],
    ["plugin", "keys", "list"],
    ["plugins"],
    ["plugins", "list"],
    ["plugins", "restore"],
    ["plugins", "revocations"],
    ["plugins", "revoke"],
    ["plugins", "show"],
    ["records"],
    ["records", "list"],
    ["records", "model"],
    ["records", "show"],
    ["restart"],
    ["sdk"],
    ["sdk", "header"],
    ["sdk", "schema"],
    ["serve"],
    ["status"],
    ["stop"],
    ["store"],
    ["store", "backup"],
    ["store", "check"],
    ["submit"],
    ["verify"],
    ["workers"],
    ["workers", "drain"],
    ["workers", "kill"],
    ["workers", "list"],
    ["workers", "show"],
  ]

  @Test("the help of every verb is the golden one", arguments: verbs)
  func help(verb: [String]) async throws {
    let help = try await Self.help(verb)
    let file =
      PackageRoot.path + "/Tests/Golden/help/" + (verb.isEmpty ? "bulkhead" : verb.joined(separator: "/"))
      + ".txt"
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try help.write(toFile: file, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOfFile: file, encoding: .utf8)
    #expect(help == golden, "run the tests with UPDATE_GOLDEN=1 if this is wanted")
  }

  @Test("every verb has an example, its exit codes, and --json", arguments: verbs)
  func complete(verb: [String]) async throws {
    let help = try await Self.help(verb)
    #expect(help.contains("bulkhead " + verb.joined(separator: " ")))
    guard !help.contains("SUBCOMMANDS:") else { return }
    #expect(help.contains("Example"))
    #expect(help.contains("Exit codes"))
    #expect(help.contains("--json"))
  }

  @Test("the verbs are all that the command shows")
  func noneForgotten() async throws {
    var shown: Set<[String]> = [[]]
    for group in [
      [], ["jobs"], ["plugins"], ["plugin"], ["workers"], ["config"], ["sdk"], ["plugin", "keys"], ["store"],
      ["audit"], ["records"],
    ] {
      let help = try await Self.help(group)
      let list = help.split(separator: "SUBCOMMANDS:\n")[1].split(separator: "\n")
      for line in list where line.hasPrefix("  ") && !line.hasPrefix("   ") && !line.hasPrefix("  See") {
        if let name = line.split(separator: " ").first { shown.insert(group + [String(name)]) }
      }
    }
    #expect(shown == Set(Self.verbs))
  }

  private static func help(_ verb: [String]) async throws -> String {
    try await onThread {
      let run = try CommandRun(verb + ["--help"], environment: ["COLUMNS": "80"])
      try #require(run.exitCode == 0, "\(run.errors)")
      return run.output
    }
  }
}
