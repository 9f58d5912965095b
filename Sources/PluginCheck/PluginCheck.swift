import DataModel
import PluginHost
import Threading

/// The validator: goes through the rules, one after the other. Blocks; for OS threads.
package struct PluginCheck {
  /// How the plug-in is loaded and run in child processes.
  package struct Commands: Sendable {
    /// Starts a process that calls `TrialLoad.runChild`.
    package var trial: [String]
    /// Starts a process that calls `TryChild.run`.
    package var tries: [String]

    package init(trial: [String], tries: [String]) {
      self.trial = trial
      self.tries = tries
    }
  }

  private let subject: CheckSubject
  private let options: CheckOptions
  private let laboratory: Laboratory

  package init(_ subject: CheckSubject, _ options: CheckOptions, _ commands: Commands) {
    self.subject = subject
    self.options = options
    laboratory = Laboratory(subject, options, commands)
  }

  /// `began` is told the rule that is looked at now, `ended` what came of it.
  package func run(
    began: (Rule) -> Void = { _ in }, ended: (CaseReport) -> Void = { _ in }
  ) -> CheckReport {
    let start = MonotonicClock.nanoseconds
    var report = CheckReport(file: subject.path, sha256: subject.sha256, seed: options.seed)
    let wanted = Rules.all.filter(options.wants)
    defer { laboratory.close() }
    for (index, rule) in wanted.enumerated() {
      began(rule)
      let ruleStart = MonotonicClock.nanoseconds
      laboratory.begin(rule, followedBy: wanted[(index + 1)...].filter { $0.kind == .dynamic }.count)
      let verdict = look(rule)
      let taken = (MonotonicClock.nanoseconds - ruleStart) / 1_000_000
      let result = CaseReport(rule, verdict, milliseconds: taken)
      report.cases.append(result)
      ended(result)
    }
    report.milliseconds = (MonotonicClock.nanoseconds - start) / 1_000_000
    return report
  }

  /// Removes the temporary files of all checks of this process, which is about to end. From any thread.
  package static func abandon() { ScratchFolder.removeAll() }

  private func look(_ rule: Rule) -> Verdict {
    switch rule.check {
    case .file(let body): return focused(body(subject))
    case .runs(let body):
      if options.isStatic { return .skipped("--static runs no code of the plug-in") }
      return body(laboratory)
    }
  }

  /// Without what is said of other actions than the one that is asked for.
  private func focused(_ verdict: Verdict) -> Verdict {
    guard let wanted = options.action, case .found(let all, let detail) = verdict else { return verdict }
    let names = subject.manifest?.actions.map(\.name) ?? []
    let kept = all.filter { observation in
      let owners = names.filter { observation.place == $0 || observation.place.hasPrefix($0 + ".") }
      return owners.isEmpty || owners.max { $0.count < $1.count } == wanted
    }
    return .of(kept, detail)
  }
}
