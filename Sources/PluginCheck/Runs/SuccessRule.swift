import DataModel
import PluginHost

/// Whether an action does what it is for at all.
enum SuccessRule {
  static let rule = Rule(
    "run.success", .warning, "some run succeeds",
    description: "With the given or made-up parameters, one run at least ends with BH_OK or BH_WARNING.",
    reason:
      "An action that fails each time is tried up to its failure and no further: the other rules say little.",
    cure: made,
    check: .eachAction { action, laboratory in
      let reports = laboratory.repeats(action)
      return .of(judge(reports, action).map { [$0] } ?? [], tried: reports.count)
    })

  private static let placeholders =
    "in a value {tmp} is an empty folder, and {run} a number that no other run has"
  private static let made =
    "correct the action, or give parameters that work: --action NAME --param NAME=VALUE; " + placeholders
  private static let given =
    "correct the action or its parameters; where it makes what must not be there before, " + placeholders

  /// Says nothing of runs that broke down or were stopped: other rules do.
  static func judge(_ reports: [TryReport], _ action: ActionCase) -> Observation? {
    guard !reports.isEmpty, reports.allSatisfy({ ($0.code ?? 0) < 0 && $0.stopLatencyNanoseconds == nil })
    else {
      return nil
    }
    let which =
      action.first.succeeded
      ? "the first run succeeded, and none of \(reports.count) later ones"
      : "none of \(reports.count) runs of \(action.action.name) succeeded"
    return Observation(
      evidence: "\(which): \(mostFrequent(reports))", cure: action.isGiven ? given : made)
  }

  /// What the runs failed of, in the words of the one that most of them had.
  static func mostFrequent(_ reports: [TryReport]) -> String {
    let texts = reports.compactMap { report -> String? in
      guard let code = report.code, code < 0 else { return nil }
      let message = report.message.split(separator: "\n").first.map(String.init) ?? ""
      return ReturnCodes.text(code) + (message.isEmpty ? "" : ", \"\(message)\"")
    }
    let counted = Dictionary(texts.map { ($0, 1) }, uniquingKeysWith: +)
    return counted.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "none returned"
  }
}
