import DataModel

/// One action that can be run, and the parameters that it is run with.
struct ActionCase: Sendable {
  let action: ManifestAction
  let parameters: JSONValue
  /// The parameters came from outside, so that they are known to work.
  let isGiven: Bool
  /// What came of the first run.
  let first: TryReport
  /// Raised in each later run: what takes longer is stopped then.
  let deadlineMilliseconds: Int64

  /// A run as it is in an engine.
  func run(_ change: (inout TryRun) -> Void = { _ in }) -> TryRun {
    var run = TryRun(parameters: parameters.text, deadlineMilliseconds: deadlineMilliseconds)
    change(&run)
    return run
  }

  var wallMilliseconds: Int64 { first.wallNanoseconds / 1_000_000 }
}

/// What a rule came to for one action.
struct ActionVerdict: Sendable {
  var observations: [Observation] = []
  var skipped: String?
  var tried = 0
  /// What there would be to try; more than `tried` where the time was not enough.
  var total = 0
  /// Something to know beside.
  var remark: String?

  static func skipped(_ why: String) -> ActionVerdict { ActionVerdict(skipped: why) }

  static func of(_ observations: [Observation], tried: Int) -> ActionVerdict {
    ActionVerdict(observations: observations, tried: tried, total: tried)
  }
}

/// One thing to try, with a name for it.
struct Trial: Sendable {
  let label: String
  let run: TryRun
}
