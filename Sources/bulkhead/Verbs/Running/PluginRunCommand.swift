import ArgumentParser
import DataModel
import Glibc
import JobEngine
import PluginCheck
import PluginHost
import Storage
import Synchronization

struct PluginRunCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run an action of a plug-in file once, in a process of its own, without an engine.",
    discussion: """
      The action runs as a job does: parameters are checked, records, results and clean-ups work, on a store that is \
      gone afterwards, or with --store on one that is kept for the next run. What it does outside of it is real. Prints \
      its log as it comes, then what came of it, the records it made and changed, and what it used.

      Examples:
        bulkhead plugin run ./checksum.so tree --param path=/usr/include
        bulkhead plugin run ./acme.so create --params-file a.json --cancel-after 1s
        bulkhead plugin run ./acme.so create --param name=web-1 --gdb
        bulkhead plugin run ./acme.so create --param name=web-1 --store try.db
        bulkhead plugin run ./acme.so list --store try.db

      Ctrl-C cancels the run; a second one ends it.

      With --json, one object: outcome, code, code_name, message, result, left_behind, records \
      [{change, entity, id, version, created_by_job, changed_by_job, fields}], logs [{level, text}], wrote, cpu_ms, wall_ms, host_calls, cancel_points, worst_gap_ms, worst_gap_place, stop_latency_ms, memory {allocations, \
      allocated_bytes, peak_bytes, live_bytes, live_blocks}, threads_left, descriptors_left, signal, reason, trace, refused \
      {bytes, place}. outcome is \
      null when the run did not come to its end; memory is null where it could not be counted.

      Exit codes: 0 succeeded, 1 failed or ended its process, 2 warning, 3 cancelled, 4 timed out, 6 no such file or \
      action, 7 the file is refused, 64 wrong use or parameters, 70 fault of bulkhead, 130 ended by Ctrl-C.
      """)

  @Argument(
    help: ArgumentHelp("The plug-in's file.", valueName: "file"), completion: .file(extensions: ["so"]))
  var file: String

  @Argument(help: "The action's name, as the manifest has it.")
  var action: String

  @OptionGroup var parameters: ParameterOptions

  @Option(
    help: ArgumentHelp(
      "Raise its deadline this long after its start (250ms, 30s, 5m; none) instead of the action's own.",
      valueName: "duration"),
    transform: DurationArgument.parse)
  var deadline: Int64?

  @Option(
    help: ArgumentHelp("Cancel it this long after its start.", valueName: "duration"),
    transform: DurationArgument.parse)
  var cancelAfter: Int64?

  @Option(help: ArgumentHelp("Cancel it at its n-th cancel point, from 1.", valueName: "n"))
  var cancelAt: Int?

  @Option(
    help: ArgumentHelp("Refuse the n-th block of memory that its code asks for, from 1.", valueName: "n"))
  var failAlloc: Int?

  @Option(
    help: ArgumentHelp(
      "Keep its records in this file, and start from those that are in it. Made when there is none.",
      valueName: "file"),
    completion: .file())
  var store: String?

  @Flag(help: "Run it under gdb, and stop where the action begins.")
  var gdb = false

  @Flag(help: .hidden)
  var inProcess = false

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  /// Longer than anybody waits: a person ends the run.
  private static let runLimit: Int64 = 365 * 86_400_000

  var printsJSON: Bool { json }

  func validate() throws {
    for (name, number) in [("--cancel-at", cancelAt), ("--fail-alloc", failAlloc)] {
      if let number, number < 1 { throw ValidationError("\(name) counts from 1, is \(number)") }
    }
    if gdb && json { throw ValidationError("--gdb is for people: leave --json out") }
  }

  func act() throws {
    let plan = try plan()
    if gdb { throw try Debugger.start(arguments: Array(CommandLine.arguments.dropFirst())) }
    let screen = Mutex(RunScreen(isSilent: json, label: plan.action))
    let show: @Sendable (TryEvent) -> Void = { event in screen.withLock { $0.show(event) } }
    let report = inProcess ? try runHere(plan, show) : runInChild(plan, show)
    screen.withLock { $0.end() }
    if let path = plan.store, !inProcess { try StoreFile.settlePrivate(path) }
    if case .notRun(let why) = report.ending {
      throw EngineError(.refused, "\(file) could not be run: \(why)")
    }
    if json {
      Terminal.output.line(RunReport.document(report).text)
    } else {
      Terminal.output.lines(RunReport.lines(report, colour: Terminal.output.usesColour))
    }
    let code = RunReport.exitCode(report)
    if code != 0 { throw ExitCode(code) }
  }

  private func runInChild(_ plan: TryPlan, _ show: @escaping @Sendable (TryEvent) -> Void) -> TryReport {
    let process = TryProcess(command: [CommandLine.executablePath, "plugin-try"], onEvent: show)
    Interrupts.each { count in
      // The child ends when we do.
      if count > 1 { _exit(ExitStatus.interrupted) }
      process.cancel()
      Terminal.errors.line("cancelling it; Ctrl-C again ends it at once")
    }
    return process.run(plan).first ?? TryReport(ending: .notRun("it gave no report"))
  }

  /// For a debugger, which is to see the plug-in in the process that it started.
  private func runHere(_ plan: TryPlan, _ show: @escaping @Sendable (TryEvent) -> Void) throws -> TryReport {
    let descriptor = open(plan.file, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    do {
      let runner = try TryRunner(
        plan, file: descriptor, byPath: true,
        makeStore: { () throws(StoreError) in try StoreFile.forTrying(plan.store) }, say: show)
      return runner.perform(plan.runs.first ?? TryRun())
    } catch {
      throw EngineError(.refused, "\(file) could not be run: \(error.rule)", cure: error.cure)
    }
  }

  /// All that can be wrong is found here, before any code of the plug-in runs.
  private func plan() throws -> TryPlan {
    guard access(file, F_OK) == 0 || errno != ENOENT else {
      throw EngineError(.notFound, "there is no file \(file)", cure: "name the plug-in's .so file")
    }
    let inspection = PluginInspection(path: file)
    if let objection = inspection.objections.first {
      throw EngineError(.refused, "\(file) is refused: \(objection.rule)", cure: objection.cure)
    }
    guard let manifest = inspection.manifest else {
      throw EngineError(.refused, "\(file) could not be read", cure: "see `bulkhead plugin inspect \(file)`")
    }
    let entry = try entry(of: manifest)
    let submission = Submission(
      action: action, assignments: parameters.assignments, json: try parameters.json(),
      deadlineMilliseconds: deadline)
    let request: JobRequest
    do {
      request = try submission.request(for: entry)
    } catch {
      throw EngineError(
        error.code, error.message, cure: "see `bulkhead plugin inspect \(file)`", problems: error.problems)
    }
    let run = TryRun(
      parameters: request.params, deadlineMilliseconds: request.deadlineMilliseconds,
      cancelAfterMilliseconds: cancelAfter, cancelAtCheckpoint: cancelAt, failAllocation: failAlloc,
      measuresCheckpoints: true)
    return TryPlan(
      file: try realPath(), action: entry.action.name, store: try storePath(), runs: [run],
      runLimitMilliseconds: Self.runLimit)
  }

  /// The private store's absolute path, made and looked at.
  private func storePath() throws -> String? {
    guard let store else { return nil }
    // A location as other verbs take it is understood too.
    let text = store.hasPrefix("sqlite:") ? store : "sqlite:" + store
    let path = try StoreLocation(text).path
    if !inProcess { try StoreFile.checkPrivate(path) }
    return path
  }

  private func realPath() throws(EngineError) -> String {
    guard let path = realpath(file, nil) else {
      throw EngineError(.notFound, "\(file): \(String(cString: strerror(errno)))")
    }
    defer { free(path) }
    return String(cString: path)
  }

  private func entry(of manifest: Manifest) throws(EngineError) -> ActionCatalogue.Entry {
    let entries = manifest.actions.map {
      ActionCatalogue.Entry(
        kind: JobKind(plugin: manifest.id, action: $0.name), action: $0, isActive: true)
    }
    if let entry = entries.first(where: { $0.kind.action == action || $0.kind.description == action }) {
      return entry
    }
    let names = entries.map(\.kind.action)
    let cure =
      EditDistance.nearest(to: action, among: names).map { "did you mean \($0)?" }
      ?? "it has: \(names.joined(separator: ", "))"
    throw EngineError(.unknownAction, "\(file) has no action \"\(action)\"", cure: cure)
  }
}
