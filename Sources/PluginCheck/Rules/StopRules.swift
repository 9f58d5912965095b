import DataModel

/// How an action behaves when it is asked to stop.
enum StopRules {
  static let all: [Rule] = [
    Rule(
      "stop.gap", .error, "looks often whether it is to stop",
      description:
        "The longest time between two cancel points is under the limit (--max-gap, 100 ms). Measured "
        + "three times; the best one counts, so that a busy machine does no harm.",
      reason: "A cancel has to wait that long, and so does a worker that is to end.",
      cure: "put bh_checkpoint into the loop there; wait with bh_sleep, bh_poll or bh_stop_fd",
      check: .eachAction(gap)),
    Rule(
      "stop.cancel", .error, "can be cancelled anywhere",
      description:
        "Cancelled at each of its cancel points in turn (many: some, by the seed), the job ends as "
        + "cancelled and nothing is left behind. At the last point it may as well have been done.",
      reason: "People cancel at the worst moment.",
      cure: "pass on what the checkpoint gave, and push a clean-up before each change",
      check: .eachAction { action, laboratory in laboratory.cancelTrials(action).verdict }),
    Rule(
      "stop.files", .warning, "leaves no files when it is cancelled",
      description:
        "Of the runs that stop.cancel cancels, none leaves new files in the check's temporary folder, which "
        + "made-up paths and {tmp} lie in. Other places are not looked at.",
      reason: "Half of a file looks like a whole one to whoever comes next.",
      cure: "push a clean-up that removes the file before it is made, and see that it does",
      check: .eachAction { action, laboratory in laboratory.cancelTrials(action).files }),
    Rule(
      "stop.deadline", .error, "keeps its deadline",
      description:
        "When its deadline passes it ends, under the same limit as between two cancel points.",
      reason: "The deadline is the customer's.",
      cure: "pass on what the checkpoint gave", check: .eachAction(deadline)),
  ]

  private static func gap(_ action: ActionCase, _ laboratory: Laboratory) -> ActionVerdict {
    let runs = Array(repeating: action.run { $0.measuresCheckpoints = true }, count: 3)
    let reports = laboratory.perform(action.action.name, runs)
    let measured = reports.filter { $0.code != nil }
    guard let best = measured.min(by: { $0.worstGapNanoseconds < $1.worstGapNanoseconds }) else {
      return .skipped("it did not come to an end")
    }
    return .of(
      judgeGap(best, limitMilliseconds: laboratory.options.maxGapMilliseconds).map { [$0] } ?? [],
      tried: reports.count)
  }

  static func judgeGap(_ report: TryReport, limitMilliseconds: Int64) -> Observation? {
    let gap = report.worstGapNanoseconds / 1_000_000
    guard gap > limitMilliseconds else { return nil }
    return Observation(
      evidence:
        "for \(gap) ms it did not look (\(report.cancelPoints) cancel points, limit \(limitMilliseconds) ms)",
      place: report.worstGapPlace.isEmpty ? "" : "up to " + report.worstGapPlace)
  }

  static func judgeCancel(_ report: TryReport, at point: Int, of points: Int) -> Observation? {
    if let misconduct = report.misconduct { return misconduct }
    // A run that went another way may not have come there. Any negative code ends the job as cancelled.
    guard let code = report.code, code >= 0, report.cancelPoints >= point, point < points else { return nil }
    return Observation(evidence: "it went on, and ended with \(ReturnCodes.text(code))")
  }

  static func judgeFiles(_ report: TryReport) -> Observation? {
    guard report.outcome == Outcome.cancelled.name, !report.newFiles.isEmpty else { return nil }
    let names = LinkRules.listed(report.newFiles)
    return Observation(evidence: "it left \(report.newFiles.count) new file(s) or folder(s): \(names)")
  }

  private static func deadline(_ action: ActionCase, _ laboratory: Laboratory) -> ActionVerdict {
    let wall = action.wallMilliseconds
    guard wall >= 4 || action.first.stopLatencyNanoseconds != nil else {
      return .skipped("it is over before a deadline could pass")
    }
    let run = action.run { $0.deadlineMilliseconds = max(2, min(100, wall / 2)) }
    let reports = laboratory.perform(action.action.name, [run, run, run])
    let limit = laboratory.options.maxGapMilliseconds
    return .of(judgeDeadline(reports, limitMilliseconds: limit), tried: reports.count)
  }

  /// Every one of the runs has to be late, so that a busy machine does no harm.
  static func judgeDeadline(_ reports: [TryReport], limitMilliseconds: Int64) -> [Observation] {
    if let misconduct = reports.compactMap(\.misconduct).first { return [misconduct] }
    let stopped = reports.filter { $0.stopLatencyNanoseconds != nil }
    guard let least = stopped.compactMap(\.stopLatencyNanoseconds).min() else { return [] }
    let late = least / 1_000_000
    guard late > limitMilliseconds else { return [] }
    return [
      Observation(evidence: "it went on for \(late) ms after its deadline (limit \(limitMilliseconds) ms)")
    ]
  }
}
