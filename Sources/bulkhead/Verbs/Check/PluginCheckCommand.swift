import ArgumentParser
import DataModel
import Glibc
import JobEngine
import PluginCheck

struct PluginCheckCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Try a plug-in file hard, and say what is wrong with it.",
    discussion: """
      Reads the file, loads it, and runs its actions many times, each in child processes: with parameters at the edges of \
      their schema, cancelled at every cancel point, past their deadline, with every allocation refused. Needs no engine.

      CHECK RUNS THE ACTIONS FOR REAL. What an action makes, changes or deletes outside of its process, it does here too, \
      with parameters that are made up unless you give some. Texts that look like paths get files of a temporary \
      folder. Use a test system, --action and --param; or --static, which runs no code at all.

      Examples:
        bulkhead plugin check ./checksum.so
        bulkhead plugin check ./vm.so --action server.create --param name=check-1
        bulkhead plugin check ./vm.so --static --junit report.xml
        bulkhead plugin check ./vm.so --only 'stop.*' --seed 7
        bulkhead plugin check ./copy.so --action copy --param from=/etc/hosts --param to={tmp}/hosts
        bulkhead plugin check --list

      In the value of a parameter {tmp} is a folder that is empty at the start of each run, and {run} a number that no \
      other run has: for actions that make what must not be there before.

      The rules: --list, with --json also their reasons and cures. Errors make it fail; warnings do with --strict; notes never do.

      With --json: {"file", "sha256", "seed", "milliseconds", "passed", "errors", "warnings", "notes", "cases":[{"rule", \
      "title", "kind", "severity", "status", "detail", "milliseconds", "findings":[{"evidence", "place", "cure"}]}]}; \
      with --list {"rules":[{"id", "severity", "kind", "title", "description", "reason", "cure", "on_request"}]}.

      Exit codes: 0 nothing wrong, 1 findings, 6 no such file, 64 wrong use or parameters, 70 fault of bulkhead.
      """)

  @Argument(
    help: ArgumentHelp("The plug-in's file.", valueName: "file"), completion: .file(extensions: ["so"]))
  var file: String?

  @Flag(help: "Run none of the plug-in's code.")
  var `static` = false

  @Option(help: ArgumentHelp("Run this action alone.", valueName: "name"))
  var action: String?

  @OptionGroup var parameters: CheckParameters

  @Option(
    help: ArgumentHelp("Only these rules; * stands for anything (elf.*,stop.gap).", valueName: "rules"))
  var only: String?

  @Option(help: ArgumentHelp("Not these rules.", valueName: "rules"))
  var skip: String?

  @Option(
    help: ArgumentHelp("The longest time between two cancel points (default: 100ms).", valueName: "duration"),
    transform: DurationArgument.parse)
  var maxGap: Int64 = 100

  @Option(
    help: ArgumentHelp(
      "Time for all that is run; what does not fit is sampled (default: 45s).", valueName: "duration"),
    transform: DurationArgument.parse)
  var budget: Int64 = 45_000

  @Option(
    help: ArgumentHelp(
      "A run that takes longer is ended with its process (default: 15s).", valueName: "duration"),
    transform: DurationArgument.parse)
  var runLimit: Int64 = 15_000

  @Option(
    help: ArgumentHelp(
      "Try the same cases as the check that printed this number (default: a random one).", valueName: "n"))
  var seed: UInt64?

  @Flag(help: "Warnings fail too.")
  var strict = false

  @Option(help: ArgumentHelp("Also write a JUnit report.", valueName: "file"), completion: .file())
  var junit: String?

  @Flag(help: "Print the rules.")
  var list = false

  @Flag(help: "A line for each rule that was skipped too.")
  var verbose = false

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  var printsJSON: Bool { json }

  func validate() throws {
    if file == nil, !list { throw ValidationError("a plug-in's file is missing: name one, or say --list") }
    if `static`, action != nil || parameters.isGiven {
      throw ValidationError("--static runs no action: leave --action and the parameters out")
    }
    for pattern in Self.patterns(only) + Self.patterns(skip)
    where !Rules.all.contains(where: { Glob.matches($0.id, pattern) }) {
      throw ValidationError("there is no rule \"\(SafeText.escape(pattern))\": see --list")
    }
    for (name, value) in [("--max-gap", maxGap), ("--budget", budget), ("--run-limit", runLimit)]
    where value < 1 {
      throw ValidationError("\(name) has to be a millisecond at least")
    }
  }

  func act() throws {
    guard !list, let file else {
      Terminal.output.line(CheckDocument.rules(json: json, width: Terminal.output.width))
      return
    }
    guard let subject = CheckSubject(path: file) else {
      let exists = access(file, F_OK) == 0
      throw EngineError(
        .notFound, exists ? "\(file) is no file that can be read" : "there is no file \(file)",
        cure: "name the plug-in's .so file")
    }
    var options = CheckOptions()
    options.only = Self.patterns(only)
    options.skip = Self.patterns(skip)
    options.isStatic = `static`
    options.seed = seed ?? UInt64.random(in: 1...999_999)
    options.budgetMilliseconds = budget
    options.maxGapMilliseconds = maxGap
    options.runLimitMilliseconds = runLimit
    options.trialMilliseconds = min(10_000, runLimit)
    options.action = action
    options.parameters = try parameters.values(of: subject, action: action)
    // Opened first: a report that cannot be written is no reason to run everything before that is said.
    let report = try junit.map { path throws(EngineError) in try ReportFile(path) }
    let result = check(subject, options)
    try report?.write(JUnitReport.text(result, strict: strict))
    if fails(result) { throw ExitCode(ExitStatus.failed) }
  }

  private func check(_ subject: CheckSubject, _ options: CheckOptions) -> CheckReport {
    // The child processes end with this one.
    Interrupts.handle { PluginCheck.abandon() }
    let command = CommandLine.executablePath
    let check = PluginCheck(
      subject, options,
      PluginCheck.Commands(trial: [command, "plugin-trial"], tries: [command, "plugin-try"]))
    if json {
      let result = check.run()
      Terminal.output.line(CheckDocument.json(result, passed: !fails(result)).text)
      return result
    }
    let screen = CheckScreen(file: subject.path, isVerbose: verbose)
    screen.begin(options)
    let result = check.run(began: screen.began, ended: screen.ended)
    screen.end(result, passed: !fails(result))
    return result
  }

  private func fails(_ result: CheckReport) -> Bool {
    result.count(.error) > 0 || (strict && result.count(.warning) > 0)
  }

  private static func patterns(_ text: String?) -> [String] {
    (text ?? "").split(separator: ",").map { String($0).filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
  }
}

/// Parameters that are known to work.
struct CheckParameters: ParsableArguments {
  @OptionGroup var options: ParameterOptions

  var isGiven: Bool { !options.param.isEmpty || options.paramsJson != nil || options.paramsFile != nil }

  /// By action. They are for the named action, or for the only one.
  func values(of subject: CheckSubject, action: String?) throws(EngineError) -> [String: JSONValue] {
    guard let manifest = subject.manifest else { return [:] }
    if let action, manifest.action(named: action) == nil {
      throw EngineError(
        .invalidParameters, "\(subject.path) has no action \"\(action)\"",
        cure: "it has: " + manifest.actions.map(\.name).joined(separator: ", "))
    }
    guard isGiven else { return [:] }
    guard let chosen = action.flatMap({ manifest.action(named: $0) }) ?? only(manifest) else {
      throw EngineError(
        .invalidParameters,
        "\(subject.path) has several actions, and it is not said whose parameters these are",
        cure: "add --action with one of: " + manifest.actions.map(\.name).joined(separator: ", "))
    }
    return [chosen.name: try value(chosen)]
  }

  private func only(_ manifest: Manifest) -> ManifestAction? {
    manifest.actions.count == 1 ? manifest.actions.first : nil
  }

  private func value(_ action: ManifestAction) throws(EngineError) -> JSONValue {
    var base = JSONValue.object([:])
    if let text = try options.json() {
      guard let value = try? JSONValue(parsing: RunPlaceholder.expand(text)), value.objectValue != nil else {
        throw EngineError(
          .invalidParameters, "the parameters are not a JSON object", cure: "write {\"name\": \"value\"}")
      }
      base = value
    }
    var (value, problems) = action.parameters.coerce(
      assignments: options.assignments.map { (name: $0.name, text: RunPlaceholder.expand($0.text)) },
      over: base)
    if problems.isEmpty { (value, problems) = action.parameters.check(value) }
    guard problems.isEmpty else {
      let all = problems.map(\.description).joined(separator: "; ")
      throw EngineError(
        .invalidParameters, "\(action.name): \(all)", cure: "see `bulkhead plugin inspect FILE`",
        problems: problems)
    }
    return value
  }
}
