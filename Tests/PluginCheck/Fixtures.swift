import DataModel
import Foundation
import PluginCheck
import TestSupport

/// A plug-in of `SamplePlugins/Misbehaving` and the rule that its first comment names.
struct Fixture: Sendable, CustomStringConvertible {
  let name: String
  let rule: String

  var description: String { "\(name) breaks \(rule)" }

  static let all: [Fixture] = Sample.misbehavingSources.map { source in
    let text = (try? String(contentsOfFile: Sample.root + "/" + source, encoding: .utf8)) ?? ""
    let name = URL(fileURLWithPath: source).deletingPathExtension().lastPathComponent
    let words = text.components(separatedBy: "Rule: ").dropFirst().first ?? ""
    return Fixture(
      name: name,
      rule: String(words.prefix { $0.isLetter || $0 == "." }.trimmingPrefix("."))
        .trimmingCharacters(in: CharacterSet(charactersIn: ".")))
  }

  /// What one rule comes to for this plug-in.
  func check(_ rule: String, _ change: (inout CheckOptions) -> Void = { _ in }) throws -> CaseReport? {
    var options = CheckOptions()
    options.only = [rule]
    options.budgetMilliseconds = 20_000
    // The constructor that hangs is waited for no longer.
    options.trialMilliseconds = name == "hang_constructor" ? 1500 : 20_000
    if name == "ignores_cancel" { options.parameters = ["busy": .object(["seconds": .real(0.3)])] }
    change(&options)
    let report = try Checker.run(Sample.misbehaving(name), options)
    return report.cases.first
  }
}

/// Checks in this process, with children of the built command.
enum Checker {
  /// The long checks that `make soak` does.
  static let isFull = ProcessInfo.processInfo.environment["BULKHEAD_CHECK_FULL"] == "1"

  static func run(_ path: String, _ options: CheckOptions) throws -> CheckReport {
    guard let subject = CheckSubject(path: path) else { throw ToolFailure("cannot read \(path)") }
    let command = RunningEngine.executable
    let commands = PluginCheck.Commands(trial: [command, "plugin-trial"], tries: [command, "plugin-try"])
    return PluginCheck(subject, options, commands).run()
  }
}
