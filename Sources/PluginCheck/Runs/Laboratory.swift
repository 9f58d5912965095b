import DataModel
import PluginHost
import Threading

/// Loads the plug-in and runs its actions in child processes, within a budget of time. What several rules look
/// at is run once. For one thread.
// SAFETY: it is made, used and let go of by one thread; rules are given it only for the time of a call.
final class Laboratory: @unchecked Sendable {
  let subject: CheckSubject
  let options: CheckOptions
  private let commands: PluginCheck.Commands
  private lazy var scratch = ScratchFolder()
  /// Of `MonotonicClock`, nanoseconds.
  private var end: Int64 = 0
  private var ruleEnd: Int64 = 0
  private var actionEnd: Int64 = 0
  private var loading: Verdict?
  private var prepared: (cases: [ActionCase], left: [Observation])?
  private var repeated: [String: [TryReport]] = [:]
  var cancelled: [String: CancelTrials] = [:]
  private var runCount = 0

  /// A first run that takes longer is tried with smaller numbers.
  private static let longMilliseconds: Int64 = 250
  private static let firstDeadline: Int64 = 3000
  private static let observationLimit = 4
  /// After so many crashes inside libraries one knows that they do not stand it.
  private static let excuseLimit = 12

  init(_ subject: CheckSubject, _ options: CheckOptions, _ commands: PluginCheck.Commands) {
    self.subject = subject
    self.options = options
    self.commands = commands
  }

  func close() { scratch?.remove() }

  // MARK: time

  /// Gives the rule its part of what is left of the budget.
  func begin(_ rule: Rule, followedBy others: Int) {
    guard rule.kind == .dynamic else { return }
    let now = MonotonicClock.nanoseconds
    if end == 0 { end = now + options.budgetMilliseconds * 1_000_000 }
    // Most rules take less than their part, so each may take twice as much.
    let share = max(0, end - now) * 2 / Int64(others + 2)
    ruleEnd = now + min(share, options.budgetMilliseconds * 1_000_000 / 4)
    actionEnd = ruleEnd
  }

  private var isOver: Bool { MonotonicClock.nanoseconds >= actionEnd }

  // MARK: loading

  /// One load in a child process of its own, which every run waits for.
  func trial() -> Verdict {
    if let loading { return loading }
    let verdict = load()
    loading = verdict
    return verdict
  }

  private func load() -> Verdict {
    guard subject.manifest != nil else { return .skipped("there is no right manifest") }
    guard subject.object?.exportsEntry == true else {
      return .skipped("it has no entry function: see file.entry")
    }
    let trial = TrialLoad(command: commands.trial, limitMilliseconds: options.trialMilliseconds)
    do throws(Objection) {
      try trial.run(imagePath: subject.absolutePath)
      return .passed()
    } catch {
      return .found([Observation(error)])
    }
  }

  // MARK: actions

  /// What the rule says of each action, together. An action whose first run broke down is only for the rule about
  /// that.
  func eachAction(
    evenBroken: Bool = false, _ body: (ActionCase, Laboratory) -> ActionVerdict
  ) -> Verdict {
    switch trial() {
    case .passed: break
    case .found: return .skipped("it could not be loaded")
    case .skipped(let why): return .skipped(why)
    }
    let (cases, left) = actions()
    guard !cases.isEmpty else { return .skipped(left.first?.evidence ?? "there is no action to run") }
    var all = ActionVerdict()
    var skipped: [String] = []
    var remarks: [String] = []
    for (index, action) in cases.enumerated() {
      let now = MonotonicClock.nanoseconds
      actionEnd = now + max(0, ruleEnd - now) / Int64(cases.count - index)
      let isBroken = action.first.breakdown != nil && !evenBroken
      let verdict: ActionVerdict =
        isBroken ? .skipped("its first run broke down: see run.returns") : body(action, self)
      all.observations += verdict.observations.map { $0.of(action.action.name) }
      all.tried += verdict.tried
      all.total += verdict.total
      if let why = verdict.skipped { skipped.append(why) }
      if let remark = verdict.remark { remarks.append(action.action.name + ": " + remark) }
    }
    if skipped.count == cases.count, let why = skipped.first, all.observations.isEmpty {
      return .skipped(why)
    }
    if evenBroken { remarks += left.map { "left out: " + $0.evidence } }
    let cut = all.tried < all.total ? " of \(all.total) (seed \(options.seed))" : ""
    let runs = all.tried == 1 && cut.isEmpty ? "1 run" : "\(all.tried)\(cut) runs"
    return Verdict.of(all.observations, ([runs] + remarks).joined(separator: "; "))
  }

  /// The actions that can be run, and those that cannot, with the reason.
  func actions() -> (cases: [ActionCase], left: [Observation]) {
    if let prepared { return prepared }
    var cases: [ActionCase] = []
    var left: [Observation] = []
    for action in subject.manifest?.actions ?? []
    where options.action == nil || options.action == action.name {
      switch prepare(action) {
      case .success(let ready): cases.append(ready)
      case .failure(let why): left.append(Observation(evidence: why.message, place: action.name))
      }
    }
    prepared = (cases, left)
    return (cases, left)
  }

  private struct Obstacle: Error {
    let message: String
  }

  /// The first run, with parameters that are small enough to be run often.
  private func prepare(_ action: ManifestAction) -> Result<ActionCase, Obstacle> {
    guard let maker else {
      return .failure(Obstacle(message: "no temporary folder can be made in TMPDIR or /tmp"))
    }
    let given = options.parameters[action.name]
    let base: JSONValue
    do throws(ParameterProblem) {
      base = try maker.base(action.parameters, given: given ?? .object([:]))
    } catch {
      let message =
        "no parameters for \(action.name): \(error); give --action \(action.name) --param NAME=VALUE"
      return .failure(Obstacle(message: message))
    }
    var ready = firstRun(action, base, isGiven: given != nil)
    let smaller = Self.smaller(base, action.parameters, except: given)
    if ready.first.obstacle == nil, ready.wallMilliseconds > Self.longMilliseconds, smaller != base {
      ready = firstRun(action, smaller, isGiven: given != nil)
    }
    if let why = ready.first.obstacle { return .failure(Obstacle(message: why)) }
    return .success(ready)
  }

  var maker: ParameterMaker? { scratch.map { ParameterMaker(scratch: $0) } }

  private func firstRun(_ action: ManifestAction, _ parameters: JSONValue, isGiven: Bool) -> ActionCase {
    let deadline = min(Self.firstDeadline, max(200, options.budgetMilliseconds / 8))
    let run = TryRun(parameters: parameters.text, deadlineMilliseconds: deadline)
    let report = perform(action.name, [run])[0]
    let wall = report.wallNanoseconds / 1_000_000
    // One that never ends by itself need not be waited for long again and again.
    let later = report.stopLatencyNanoseconds != nil || report.code == nil ? 300 : max(1000, wall * 3)
    return ActionCase(
      action: action, parameters: parameters, isGiven: isGiven, first: report, deadlineMilliseconds: later)
  }

  /// With every whole number that was not given at its minimum.
  static func smaller(_ base: JSONValue, _ schema: ParameterSchema, except given: JSONValue?) -> JSONValue {
    var members = base.objectValue ?? [:]
    for (name, property) in schema.properties where given?[name] == nil && property.type == .integer {
      if let minimum = property.minimum, members[name] != nil { members[name] = minimum }
    }
    let smaller = JSONValue.object(members)
    return schema.check(smaller).problems.isEmpty ? smaller : base
  }

  /// What the rule says of the reconcile entry of each action that has one, together.
  func eachReconcile(_ body: (TryReport) -> Observation?) -> Verdict {
    switch trial() {
    case .passed: break
    case .found: return .skipped("it could not be loaded")
    case .skipped(let why): return .skipped(why)
    }
    var (asked, observations) = (0, [Observation]())
    for entry in subject.manifest?.reconciles ?? [] {
      for action in actions().cases where entry.actions.contains(action.action.name) {
        asked += 1
        let run = TryRun(
          parameters: action.parameters.text,
          deadlineMilliseconds: min(entry.deadlineMilliseconds, Self.firstDeadline))
        let report = perform(action.action.name, [run], reconciles: true)[0]
        if let found = body(report) {
          observations.append(found.of(entry.name).after("asked for \(action.action.name)"))
        }
      }
    }
    guard asked > 0 else { return .skipped("no action that can be run has a reconcile entry") }
    return .of(observations, "asked \(asked) time(s)")
  }

  // MARK: runs

  /// The same run several times in one process: what most rules about running look at.
  func repeats(_ action: ActionCase) -> [TryReport] {
    if let known = repeated[action.action.name] { return known }
    let count = action.deadlineMilliseconds <= 300 || action.wallMilliseconds > 500 ? 3 : 6
    let reports = perform(action.action.name, Array(repeating: action.run(), count: count))
    repeated[action.action.name] = reports
    return reports
  }

  /// A report for each run, in order.
  func perform(
    _ action: String, _ runs: [TryRun], second: String? = nil, reconciles: Bool = false, limitTimes: Int64 = 1
  ) -> [TryReport] {
    var plan = TryPlan(
      file: subject.absolutePath, secondFile: second, action: action, reconciles: reconciles, runs: runs,
      runLimitMilliseconds: options.runLimitMilliseconds * limitTimes, scratch: scratch?.path)
    guard let scratch else { return TryProcess.run(plan, command: commands.tries) }
    scratch.restore()
    for index in plan.runs.indices {
      runCount += 1
      plan.runs[index].parameters = RunPlaceholder.fill(
        plan.runs[index].parameters, run: runCount, scratch: scratch)
    }
    // Each run takes away what it made; one that crashed could not.
    let look = FolderLook(scratch.path)
    defer { _ = look.takeNew() }
    return TryProcess.run(plan, command: commands.tries)
  }

  /// A path in the check's own folder; nil when there is none.
  func place(_ name: String) -> String? { scratch.map { $0.path + "/" + name } }

  /// Tries one thing after the other until the time of this action is over or enough was found. `excuse` names the
  /// library whose fault a crash is.
  func series(
    _ action: ActionCase, _ trials: [Trial], excuse: (TryReport) -> String? = { _ in nil },
    judge: (TryReport, Trial) -> Observation?
  ) -> ActionVerdict {
    var verdict = ActionVerdict(total: trials.count)
    var excused: [String] = []
    var rest = trials[...]
    var size = 1
    while !rest.isEmpty, verdict.tried == 0 || !isOver, verdict.observations.count < Self.observationLimit,
      excused.count < Self.excuseLimit
    {
      let part = rest.prefix(size)
      rest = rest.dropFirst(size)
      size = min(size * 4, 32)
      let reports = perform(action.action.name, part.map(\.run))
      for (report, trial) in zip(reports, part) {
        verdict.tried += 1
        if let why = report.obstacle { return .skipped(why) }
        if let library = excuse(report) {
          excused.append(library)
          continue
        }
        guard let found = judge(report, trial) else { continue }
        if report.ending == .outOfTime, !isCertain(action, trial) { continue }
        // The same thing at many points is one finding.
        if !verdict.observations.contains(where: { Self.isSame($0, found) }) {
          verdict.observations.append(found.after(trial.label))
        }
      }
    }
    if !excused.isEmpty {
      let names = Set(excused).sorted().joined(separator: ", ")
      verdict.remark =
        "\(excused.count) of them ended inside \(names), which ends the process when it gets no memory: that is no "
        + "fault of the plug-in"
    }
    return verdict
  }

  /// A machine that is very busy makes long work look endless: it is given more time, once.
  private func isCertain(_ action: ActionCase, _ trial: Trial) -> Bool {
    perform(action.action.name, [trial.run], limitTimes: 3)[0].ending == .outOfTime
  }

  private static func isSame(_ known: Observation, _ new: Observation) -> Bool {
    known.place == new.place && known.evidence.hasSuffix(": " + new.evidence)
  }
}
