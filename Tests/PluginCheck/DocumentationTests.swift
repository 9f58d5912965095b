import Foundation
import PluginCheck
import TestSupport
import Testing

@Suite("The page of the validator")
struct DocumentationTests {
  @Test("the table of Documentation/Validator.md is the list of rules (UPDATE_GOLDEN=1 writes it anew)")
  func table() throws {
    let path = Sample.root + "/Documentation/Validator.md"
    var page = try String(contentsOfFile: path, encoding: .utf8)
    let start = try #require(page.range(of: "<!-- rules -->\n"))
    let end = try #require(page.range(of: "<!-- end of rules -->"))
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      page.replaceSubrange(start.upperBound..<end.lowerBound, with: Self.table)
      try page.write(toFile: path, atomically: true, encoding: .utf8)
      return
    }
    #expect(page[start.upperBound..<end.lowerBound] == Self.table, "run the tests with UPDATE_GOLDEN=1")
  }

  private static var table: String {
    let rows = Rules.all.map { rule in
      let how = rule.kind.rawValue + (rule.isOnRequest ? ", on request" : "")
      let cells = [
        "`\(rule.id)`", rule.severity.rawValue, how, rule.description, rule.reason, rule.cure,
      ]
      return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }
    let head = ["| Rule | Severity | Kind | What is looked at | Why | Cure |", "|---|---|---|---|---|---|"]
    return "\n" + (head + rows).joined(separator: "\n") + "\n\n"
  }
}
