import ArgumentParser
import DataModel
import JobEngine
import Storage

struct JobsResolveCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "resolve",
    abstract: "Decide what came of a lost job.",
    discussion: """
      A job is lost when its run is over and nobody knows what came of it. Look at its steps (`bulkhead jobs show ID`) \
      and at the outside world, then say it. The decision is written to the audit with the user who made it.

      --as succeeded, failed or cancelled ends the job. --as rerun makes it ready again: steps whose result is recorded \
      are not done twice, and one that began without a result is looked for. A rerun needs proof that the old run has \
      ended; where the engine has none, --old-run-ended attests that you have seen to it.

      Examples:
        bulkhead jobs resolve 17 --as failed --reason "the VM is in state ERROR"
        bulkhead jobs resolve 17 --as succeeded --result '{"vm": "i-0c1f"}'
        bulkhead jobs resolve 17 --as rerun

      With --json: {"job_id":17,"as":"rerun"}.

      Exit codes: 0 done, 6 no such job, 7 refused (it is not lost, or a rerun lacks proof), 64 wrong use, 69 no engine, \
      70 fault of bulkhead.
      """)

  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    JobID

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp("succeeded, failed, cancelled or rerun.", valueName: "verdict"),
    completion: .list(Resolution.Verdict.allCases.map(\.name)))
  var verdict: String

  @Option(help: ArgumentHelp("Why, for whoever reads the job and the audit later.", valueName: "text"))
  var reason = ""

  @Option(help: ArgumentHelp("The job's result, with --as succeeded: one JSON object.", valueName: "json"))
  var result: String?

  @Flag(help: "With --as rerun: I have made sure that the job's old run has ended.")
  var oldRunEnded = false

  @OptionGroup var engine: EngineOptions

  static let reasonLimit = 4 << 10
  static let resultLimit = 1 << 20

  func validate() throws {
    guard let verdict = Resolution.Verdict(name: verdict) else {
      let names = Resolution.Verdict.allCases.map(\.name).joined(separator: ", ")
      throw ValidationError("--as \"\(SafeText.escape(self.verdict))\" is no verdict: say one of \(names)")
    }
    if reason.utf8.count > Self.reasonLimit {
      throw ValidationError("--reason is longer than \(Self.reasonLimit) bytes")
    }
    if oldRunEnded, verdict != .rerun {
      throw ValidationError("--old-run-ended goes with --as rerun only: nothing else runs the job again")
    }
    guard let result else { return }
    if verdict != .succeeded { throw ValidationError("--result goes with --as succeeded only") }
    do {
      guard case .object = try JSONValue(parsing: result, sizeLimit: Self.resultLimit) else {
        throw ValidationError("--result has to be one JSON object, such as '{\"vm\": \"i-0c1f\"}'")
      }
    } catch let error as JSONError {
      throw ValidationError("--result is not JSON: \(SafeText.escape("\(error)"))")
    }
  }

  func act() throws {
    guard let verdict = Resolution.Verdict(name: verdict) else { return }
    let resolution = Resolution(verdict, reason: reason, attestsRunEnded: oldRunEnded)
    try connect().client.resolve(id, resolution, result: result)
    if engine.json {
      let document: JSONText = ["job_id": .integer(id.rawValue), "as": .string(verdict.name)]
      Terminal.output.line(document.text)
    } else if verdict == .rerun {
      Terminal.output.line("job \(id) is ready again; follow it with `\(engine.hint("jobs wait \(id)"))`")
    } else {
      Terminal.output.line("job \(id) has ended as \(verdict.name)")
    }
  }
}

struct JobsReconcileCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "reconcile",
    abstract: "Have a lost job's reconcile entry asked now.",
    discussion: """
      The engine asks by itself when a job becomes lost, and again after 1 s, 2 s, 4 s … 10 min as long as the entry \
      does not know. This asks at once, as soon as a worker can; the answer is an event of the job.

      Example:
        bulkhead jobs reconcile 17

      With --json: {"job_id":17,"answer":"requested"}.

      Exit codes: 0 requested, 6 no such job, 7 refused (it is not lost, or its plug-in has no reconcile entry), \
      64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    JobID
  @OptionGroup var engine: EngineOptions

  func act() throws {
    try connect().client.reconcile(id)
    if engine.json {
      let document: JSONText = ["job_id": .integer(id.rawValue), "answer": "requested"]
      Terminal.output.line(document.text)
    } else {
      Terminal.output.line(
        "job \(id) is asked for; see the answer with `\(engine.hint("jobs events \(id)"))`")
    }
  }
}
