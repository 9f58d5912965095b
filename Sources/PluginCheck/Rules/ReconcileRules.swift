import PluginHost

/// What a reconcile entry has to keep when it is asked about a job of which nothing is known.
enum ReconcileRules {
  static let all: [Rule] = [
    Rule(
      "reconcile.answers", .error, "a reconcile entry answers",
      description:
        "Asked about a lost job of each of its actions, of which no step has begun, a reconcile entry comes "
        + "back within its deadline, does not crash, and says what came of the job or why it cannot tell.",
      reason: "The job stays lost until somebody looks, and the engine asks again and again.",
      cure: "end with bh_reconcile_done, _failed or _not_started, or with bh_fail when it cannot be told",
      check: .runs { laboratory in
        laboratory.eachReconcile { report in
          if let misconduct = report.misconduct { return misconduct }
          if report.forgotToAnswer {
            return Observation(
              evidence: "it returned \(ReturnCodes.text(report.code ?? 0)) without an answer")
          }
          if report.code == ReturnCodes.deadline {
            return Observation(
              evidence: "it did not end by itself: its deadline stopped it",
              cure: "give up sooner, with bh_fail")
          }
          guard let code = report.code, code < 0, report.message.isEmpty else { return nil }
          return Observation(evidence: "it returned \(ReturnCodes.text(code)) without saying why")
        }
      })
  ]
}
