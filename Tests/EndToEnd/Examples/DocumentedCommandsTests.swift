import Foundation
import TestSupport
import Testing

/// Every command line of ours in the documents: its verb exists, and so does each flag that it shows.
struct DocumentedCommandsTests {
  @Test(
    "every command line in the documents is one that the command understands",
    arguments: [
      "README.md", "PluginSDK/README.md", "Documentation/ExitCodes.md", "Documentation/Operating.md",
      "Documentation/DataModel.md",
    ])
  func documents(document: String) async throws {
    let lines = try Self.commandLines(document)
    #expect(!lines.isEmpty, "\(document) shows no command line: the search for them is broken")
    let problems = try await onThread { try lines.compactMap(Self.problem) }
    #expect(problems.isEmpty)
  }

  @Test(
    "a verb or a flag that is not there is found",
    arguments: ["bulkhead sing", "bulkhead jobs sing", "bulkhead jobs list --sing"])
  func gate(line: String) async throws {
    let problem = try await onThread { try Self.problem(line) }
    #expect(problem != nil)
  }

  /// What is code in a document and calls the command: lines of fenced blocks, without their comments, and spans
  /// inside a sentence.
  private static func commandLines(_ document: String) throws -> [String] {
    let text = try String(contentsOfFile: PackageRoot.path + "/" + document, encoding: .utf8)
    var isFenced = false
    let code = text.split(separator: "\n").flatMap { line -> [Substring] in
      if line.hasPrefix("```") { isFenced.toggle() }
      if isFenced { return Array(line.split(separator: "#").prefix(1)) }
      return line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
    }
    return code.filter { $0.hasPrefix("bulkhead ") }.map(String.init)
  }

  /// Asks for the help of the verb, and looks for the flags in it. Nil when all is there.
  private static func problem(_ line: String) throws -> String? {
    let words = line.split(separator: " ").dropFirst().map(String.init)
    let groups: Set = ["jobs", "plugins", "plugin", "workers", "sdk", "records"]
    let verb = Array(words.prefix(groups.contains(words.first ?? "") ? 2 : 1))
    let help = try CommandRun(verb + ["--help"])
    guard help.output.contains("USAGE: bulkhead " + verb.joined(separator: " ") + " ") else {
      return "\(line): there is no verb \(verb.joined(separator: " "))"
    }
    let flags = words.filter { $0.hasPrefix("--") }
    return flags.first { !help.output.contains($0) }.map { "\(line): the verb has no flag \($0)" }
  }
}
