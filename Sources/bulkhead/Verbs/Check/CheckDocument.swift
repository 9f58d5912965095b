import Glibc
import JobEngine
import PluginCheck

/// A check as programs read it.
enum CheckDocument {
  static func json(_ report: CheckReport, passed: Bool) -> JSONText {
    [
      "file": .string(report.file), "sha256": .string(report.sha256), "seed": .verbatim("\(report.seed)"),
      "milliseconds": .integer(report.milliseconds), "passed": .bool(passed),
      "errors": .integer(report.count(.error)), "warnings": .integer(report.count(.warning)),
      "notes": .integer(report.count(.note)), "cases": .list(report.cases.map(one)),
    ]
  }

  private static func one(_ result: CaseReport) -> JSONText {
    [
      "rule": .string(result.rule.id), "title": .string(result.rule.title),
      "kind": .string(result.rule.kind.rawValue), "severity": .string(result.rule.severity.rawValue),
      "status": .string(result.status.rawValue), "detail": .nonEmpty(result.detail),
      "milliseconds": .integer(result.milliseconds),
      "findings": .list(
        result.findings.map {
          ["evidence": .string($0.evidence), "place": .nonEmpty($0.place), "cure": .string($0.cure)]
        }),
    ]
  }

  static func rules(json: Bool, width: Int?) -> String {
    if json {
      let list = Rules.all.map { rule -> JSONText in
        [
          "id": .string(rule.id), "severity": .string(rule.severity.rawValue),
          "kind": .string(rule.kind.rawValue), "title": .string(rule.title),
          "description": .string(rule.description), "reason": .string(rule.reason),
          "cure": .string(rule.cure), "on_request": .bool(rule.isOnRequest),
        ]
      }
      return JSONText.object([(name: "rules", value: .list(list))]).text
    }
    var table = Table("RULE", "SEVERITY", "KIND", "TITLE")
    for rule in Rules.all {
      let title = rule.title + (rule.isOnRequest ? " (only when named by --only)" : "")
      table.add(.init(rule.id), .init(rule.severity.rawValue), .init(rule.kind.rawValue), .init(title))
    }
    return table.lines(width: width, colour: false).joined(separator: "\n")
  }
}

/// The report of a check in the form that build servers read.
enum JUnitReport {
  static func text(_ report: CheckReport, strict: Bool) -> String {
    let failed = report.cases.filter { isFailure($0, strict) }
    let skipped = report.cases.count { $0.status == .skipped }
    let head =
      "<testsuite name=\(quoted("bulkhead plugin check " + report.file)) tests=\"\(report.cases.count)\" "
      + "failures=\"\(failed.count)\" errors=\"0\" skipped=\"\(skipped)\" time=\(seconds(report.milliseconds))>"
    let properties =
      "  <properties><property name=\"seed\" value=\"\(report.seed)\"/>"
      + "<property name=\"sha256\" value=\"\(report.sha256)\"/></properties>"
    let lines = report.cases.flatMap { testcase($0, isFailure: isFailure($0, strict)) }
    return
      (["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", head, properties] + lines + ["</testsuite>", ""])
      .joined(separator: "\n")
  }

  private static func isFailure(_ result: CaseReport, _ strict: Bool) -> Bool {
    guard result.status == .found else { return false }
    return result.rule.severity == .error || (strict && result.rule.severity == .warning)
  }

  private static func testcase(_ result: CaseReport, isFailure: Bool) -> [String] {
    let group = result.rule.id.split(separator: ".").first.map(String.init) ?? ""
    let start =
      "  <testcase classname=\(quoted(group)) name=\(quoted(result.rule.id + ": " + result.rule.title)) "
      + "time=\(seconds(result.milliseconds))"
    switch result.status {
    case .passed: return [start + "/>"]
    case .skipped: return [start + ">", "    <skipped message=\(quoted(result.detail))/>", "  </testcase>"]
    case .found:
      let text = result.findings.map {
        ($0.place.isEmpty ? "" : $0.place + ": ") + $0.evidence + "\n  cure: " + $0.cure
      }.joined(separator: "\n")
      let body =
        isFailure
        ? "<failure type=\(quoted(result.rule.severity.rawValue)) message=\(quoted(result.findings.first?.evidence ?? ""))>"
          + escaped(text) + "</failure>"
        : "<system-out>" + escaped(result.rule.severity.rawValue + ": " + text) + "</system-out>"
      return [start + ">", "    " + body, "  </testcase>"]
    }
  }

  private static func seconds(_ milliseconds: Int64) -> String {
    let rest = String(milliseconds % 1000)
    return "\"\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest + "\""
  }

  private static func quoted(_ text: String) -> String { "\"" + escaped(text) + "\"" }

  /// XML has no way to write most control characters: they are shown as the terminal shows them.
  static func escaped(_ text: String) -> String {
    let safe = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      SafeText.escape(String($0))
    }
    return safe.joined(separator: "\n").replacing("&", with: "&amp;").replacing("<", with: "&lt;")
      .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }
}

/// A report that is written at once: readers see all of it or the one before.
struct ReportFile {
  private let path: String
  private let unfinished: String

  /// Throws when no file can be made there.
  init(_ path: String) throws(EngineError) {
    self.path = path
    unfinished = path + ".unfinished"
    let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(path) }
    close(descriptor)
  }

  func write(_ text: String) throws(EngineError) {
    let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(path) }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, Array(rest), rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Self.failure(path) }
      rest = rest.dropFirst(count)
    }
    guard rename(unfinished, path) == 0 else { throw Self.failure(path) }
  }

  private static func failure(_ path: String) -> EngineError {
    EngineError(
      .invalidParameters, "cannot write the report \(path): \(String(cString: strerror(errno)))",
      cure: "name a file in a folder that you may write to")
  }
}
