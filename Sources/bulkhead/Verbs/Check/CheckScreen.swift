import PluginCheck

/// A check as people see it: a line a rule as soon as it is known, then what was found and what to do.
final class CheckScreen {
  private let file: String
  private let isVerbose: Bool
  private let output = Terminal.output
  /// Rules that were skipped one after the other for the same reason: one line for all of them.
  private var skipped: [CaseReport] = []
  private static let fewSkipped = 2

  init(file: String, isVerbose: Bool) {
    self.file = file
    self.isVerbose = isVerbose
  }

  func begin(_ options: CheckOptions) {
    output.line(Style.bold.apply("checking " + SafeText.escape(file), colour: output.usesColour))
  }

  func began(_ rule: Rule) {
    if output.isInteractive { output.redraw("… \(rule.id)  \(rule.title)") }
  }

  func ended(_ result: CaseReport) {
    if output.isInteractive { output.redraw("") }
    if result.status == .skipped, !isVerbose {
      if result.detail != skipped.first?.detail { tellSkipped() }
      skipped.append(result)
      return
    }
    tellSkipped()
    output.line(Self.line(result, colour: output.usesColour))
  }

  private func tellSkipped() {
    output.lines(Self.skippedLines(skipped, colour: output.usesColour))
    skipped = []
  }

  /// A line each, or one for all when there are many.
  static func skippedLines(_ cases: [CaseReport], colour: Bool) -> [String] {
    guard cases.count > fewSkipped, let first = cases.first, let last = cases.last else {
      return cases.map { line($0, colour: colour) }
    }
    let names = "\(cases.count) rules, \(first.rule.id) to \(last.rule.id), were skipped"
    return [Style.faint.apply("– \(names): \(SafeText.escape(first.detail))", colour: colour)]
  }

  func end(_ report: CheckReport, passed: Bool) {
    tellSkipped()
    output.lines(Self.findings(report, colour: output.usesColour))
    output.line(Self.summary(report, passed: passed, colour: output.usesColour))
  }

  static func line(_ result: CaseReport, colour: Bool) -> String {
    let (mark, style): (String, Style) =
      switch result.status {
      case .passed: ("✓", .green)
      case .skipped: ("–", .faint)
      case .found:
        switch result.rule.severity {
        case .error: ("✗", .red)
        case .warning: ("!", .yellow)
        case .note: ("i", .cyan)
        }
      }
    let name = DisplayWidth.pad(result.rule.id, to: 20)
    let detail = result.detail.isEmpty ? "" : " (\(SafeText.escape(result.detail)))"
    return "\(style.apply(mark, colour: colour)) \(name) \(result.rule.title)"
      + Style.faint.apply(detail, colour: colour)
  }

  /// Errors first; what is found in one way at many places stands together.
  static func findings(_ report: CheckReport, colour: Bool) -> [String] {
    var lines: [String] = []
    for severity in Rule.Severity.allCases {
      for result in report.cases where result.rule.severity == severity && !result.findings.isEmpty {
        lines += [""] + block(result, colour: colour)
      }
    }
    return lines
  }

  private static let shownLimit = 12

  private static func block(_ result: CaseReport, colour: Bool) -> [String] {
    let rule = result.rule
    let style: Style = rule.severity == .error ? .red : rule.severity == .warning ? .yellow : .cyan
    let head = style.apply("\(rule.severity.rawValue) \(rule.id)", colour: colour) + "  " + rule.title
    let shown = result.findings.prefix(shownLimit).flatMap { finding -> [String] in
      let place = finding.place.isEmpty ? "" : SafeText.escape(finding.place) + ": "
      return ["  - " + place + SafeText.escape(finding.evidence)]
    }
    let rest = result.findings.count - shownLimit
    var cures: [String] = []
    for cure in result.findings.map(\.cure) where !cures.contains(cure) { cures.append(cure) }
    return [head] + shown + (rest > 0 ? ["  - and \(rest) more"] : []) + ["  why:  " + rule.reason]
      + cures.prefix(3).map { "  cure: " + SafeText.escape($0) }
  }

  static func summary(_ report: CheckReport, passed: Bool, colour: Bool) -> String {
    let counts = [
      (report.count(.error), "error"), (report.count(.warning), "warning"), (report.count(.note), "note"),
    ].map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: ", ")
    let skipped = report.cases.count { $0.status == .skipped }
    let word = Style.bold.apply(passed ? "passed" : "failed", colour: colour)
    let time = DurationText.text(milliseconds: report.milliseconds)
    return
      "\n\(word): \(report.cases.count) rules, \(counts), \(skipped) skipped, in \(time); again with --seed \(report.seed)"
  }
}
