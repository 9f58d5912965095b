import Foundation
import TestSupport
import Testing

/// Every command line of ours in the documents: its verb exists, and so does each flag that it shows.
struct DocumentedCommandsTests {
  @Test("every command line in the documents is one that the command understands")
  func documents() async throws {
    let lines = try Self.documents.flatMap(Self.commandLines)
    #expect(
      lines.count >= 10, "the documents show \(lines.count) command lines; the search for them is broken")
    try await onThread {
      for line in Set(lines) {
        let problem = try Self.problem(line)
        #expect(problem == nil, "\(line): \(problem ?? "")")
      }
    }
  }

  @Test(
    "a verb or a flag that is not there is found", arguments: ["bulkhead sing", "bulkhead jobs list --sing"])
  func gate(line: String) async throws {
    let problem = try await onThread { try Self.problem(line) }
    #expect(problem != nil)
  }

  private static let documents = [
    "README.md", "PluginSDK/README.md", "Documentation/Architecture.md", "Documentation/ExitCodes.md",
  ]

  /// The lines of shell blocks that call the command, without their comments.
  private static func commandLines(_ document: String) throws -> [String] {
    let text = try String(contentsOfFile: PackageRoot.path + "/" + document, encoding: .utf8)
    var isShell = false
    return text.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
      if line.hasPrefix("```") { isShell = ["```sh", "```console", "```bash"].contains(line) }
      let command = line.hasPrefix("$ ") ? line.dropFirst(2) : line
      guard isShell, command.hasPrefix("bulkhead ") else { return nil }
      return command.split(separator: "#").first.map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// Asks for the help of the verb, and looks for the flags in it.
  private static func problem(_ line: String) throws -> String? {
    let words = line.split(separator: " ").dropFirst().map(String.init)
    let groups: Set = ["jobs", "plugins", "plugin", "workers"]
    let verb = Array(words.prefix(groups.contains(words.first ?? "") ? 2 : 1))
    let help = try CommandRun(verb + ["--help"])
    guard help.exitCode == 0, help.output.contains("USAGE: bulkhead " + verb.joined(separator: " ")) else {
      return "there is no verb \(verb.joined(separator: " "))"
    }
    let flags = words.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
    return flags.first { !help.output.contains($0) }.map { "the verb has no flag \($0)" }
  }
}
