import DataModel

/// The arrows that a job may take, written down from the documentation and not from the code that is checked.
struct Arrow {
  /// How the fence changes.
  var rise: Fence = 0
  /// No code of the job may run afterwards.
  var endsRun = false
  /// Only jobs of that rule.
  var rule: RepeatRule?
}

enum Arrows {
  private struct Key: Hashable {
    let from: String
    let to: String
    let reason: ReasonCode
  }

  static func find(_ from: String, _ to: String, _ reason: ReasonCode) -> Arrow? {
    table[Key(from: from, to: to, reason: reason)]
  }

  private static let table: [Key: Arrow] = {
    var table: [Key: Arrow] = [:]
    func add(_ from: [String], _ to: [String], _ reasons: [ReasonCode], _ arrow: Arrow) {
      for from in from {
        for to in to { for reason in reasons { table[Key(from: from, to: to, reason: reason)] = arrow } }
      }
    }
    let outcomes = Outcome.allCases.map(\.name)
    let held = ["running", "cancelling"]
    add([""], ["ready"], [.submitted], Arrow(endsRun: true))
    add(["ready"], ["leased"], [.claimed], Arrow(rise: 1, endsRun: true))
    add(["leased"], ["ready"], [.handedBack, .workerEnded, .disowned], Arrow(endsRun: true))
    add(["leased"], ["running"], [.started], Arrow())
    add(["ready", "leased"], ["cancelled"], [.cancelledBeforeStart], Arrow(rise: 1, endsRun: true))
    add(["running"], ["cancelling"], [.cancelRequested, .deadlinePassed], Arrow())
    add(["cancelling"], ["cancelling"], [.cancelRequested], Arrow())
    add(held, ["zombie"], [.graceOver], Arrow(rise: 1))
    add(["zombie"], ["cancelled", "timed_out"], [.zombieReturned], Arrow(endsRun: true))
    add(held, outcomes, [.returned], Arrow(endsRun: true))
    add(held, ["succeeded", "warning"], [.cancelTooLate], Arrow(endsRun: true))
    add(["lost"], outcomes, [.finishedLate], Arrow(endsRun: true))
    add(["lost"], held, [.reasserted], Arrow())
    add(["running"], ["lost"], [.workerEnded, .disowned], Arrow(endsRun: true, rule: .never))
    add(["cancelling", "zombie"], ["lost"], [.endedWhileCancelling], Arrow(endsRun: true, rule: .never))
    add(
      ["cancelling", "zombie"], ["cancelled", "timed_out"], [.endedWhileCancelling],
      Arrow(endsRun: true, rule: .idempotent))
    add(["running"], ["ready"], [.workerEnded, .disowned], Arrow(endsRun: true, rule: .idempotent))
    add(["running"], ["failed"], [.attemptsExhausted], Arrow(endsRun: true, rule: .idempotent))
    return table
  }()
}
