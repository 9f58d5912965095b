import DataModel

/// What came of cancelling an action at each of its cancel points, for the rules that look at it.
struct CancelTrials: Sendable {
  /// Runs that went on, crashed, or said themselves that something was left.
  var verdict: ActionVerdict
  /// Files that cancelled runs made and left.
  var files: ActionVerdict
}

extension Laboratory {
  /// Cancels the action at each of its cancel points in turn (of many: at some, by the seed). Done once.
  func cancelTrials(_ action: ActionCase) -> CancelTrials {
    if let known = cancelled[action.action.name] { return known }
    let trials = tryCancels(action)
    cancelled[action.action.name] = trials
    return trials
  }

  private func tryCancels(_ action: ActionCase) -> CancelTrials {
    let points = action.first.cancelPoints
    guard points > 0 else {
      let none = ActionVerdict.skipped("it passes no cancel point with these parameters")
      return CancelTrials(verdict: none, files: none)
    }
    var random = SeededRandom(seed: options.seed, purpose: "cancel")
    let picked = random.numbers(upTo: points, all: 400, some: 120).shuffled(using: &random)
    let trials = picked.map { number in
      Trial(
        label: "cancelled at cancel point \(number) of \(points)",
        run: action.run { $0.cancelAtCheckpoint = number })
    }
    var files: [Observation] = []
    var verdict = series(action, trials) { report, trial in
      if files.isEmpty, let found = StopRules.judgeFiles(report) { files = [found.after(trial.label)] }
      return StopRules.judgeCancel(report, at: trial.run.cancelAtCheckpoint ?? 0, of: points)
    }
    verdict.total = points
    var filesVerdict = ActionVerdict.of(files, tried: verdict.tried)
    (filesVerdict.total, filesVerdict.skipped) = (points, verdict.skipped)
    return CancelTrials(verdict: verdict, files: filesVerdict)
  }
}
