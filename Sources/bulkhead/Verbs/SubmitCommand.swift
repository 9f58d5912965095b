import ArgumentParser
import DataModel
import JobEngine
import Storage

struct SubmitCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Make jobs of an action.",
    discussion: """
      Prints the number of each job made, one a line. With --wait it shows how the jobs go, and prints each result.

      Examples:
        bulkhead submit checksum:tree --param path=/usr/include --wait
        bulkhead submit server.create --param name=web-1 --deadline 5m
        echo '{"name":"web-1"}' | bulkhead submit server.create --params-file -

      Ctrl-C while waiting leaves the job running (exit code 130).

      With --json: {"jobs":[{"id":17}]}; with --wait each job as `bulkhead jobs show --json` prints it.

      Exit codes with --wait: 0 succeeded, 1 failed, 2 warning, 3 cancelled, 4 timed out, 5 lost; of several jobs the \
      gravest of lost, failed, timed out, cancelled, warning. Always: 6 no such action, 7 refused, 64 wrong use or \
      parameters, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(
    help: "PLUGIN:ACTION, or the action alone when one plug-in has it.", completion: LiveCompletion.action)
  var action: String

  @OptionGroup var parameters: ParameterOptions

  @Option(
    help: ArgumentHelp(
      "End the job this long after its start (250ms, 30s, 5m, 1h30m; none) instead of the action's own deadline.",
      valueName: "duration"),
    transform: DurationArgument.parse)
  var deadline: Int64?

  @Option(help: ArgumentHelp("How many equal jobs to make.", valueName: "n"))
  var count = 1

  @Flag(help: "Wait until the jobs have ended.")
  var wait = false

  @OptionGroup var patience: PatienceOption

  @OptionGroup var engine: EngineOptions

  static let countLimit = 100_000
  /// What the parameters of one batch may have: half of the largest message to the engine.
  private static let batchBytes = 8 << 20

  func validate() throws {
    if count < 1 || count > Self.countLimit {
      throw ValidationError("--count has to be from 1 to \(Self.countLimit), is \(count)")
    }
  }

  func act() throws {
    let waiting = wait ? JobWait(options: engine, patience: patience) : nil
    let submission = Submission(
      action: action, assignments: parameters.assignments, json: try parameters.json(),
      deadlineMilliseconds: deadline)
    let connection = try connect()
    let catalogue = try ParameterMask.catalogue(over: connection)
    let ids = try submit(submission, over: connection)
    guard let waiting else {
      tell(ids)
      return
    }
    if !engine.json { tell(ids) }
    let rows = try waiting.wait(for: ids, over: connection)
    if engine.json { Terminal.output.line(JobDocument.list(rows, catalogue: catalogue).text) }
    let code = ExitStatus.gravest(rows.map(\.status))
    if code != 0 { throw ExitCode(code) }
  }

  /// In batches that fit into one message to the engine; each batch is made as a whole or not at all.
  private func submit(_ submission: Submission, over connection: EngineConnection) throws(EngineError)
    -> [JobID]
  {
    let sizes =
      submission.assignments.map { $0.name.utf8.count + $0.text.utf8.count } + [
        submission.json?.utf8.count ?? 0
      ]
    let batch = max(1, min(1000, Self.batchBytes / (sizes.reduce(2048, +))))
    var ids: [JobID] = []
    while ids.count < count {
      do {
        ids += try connection.client.submit(submission, count: min(batch, count - ids.count))
      } catch {
        guard let first = ids.first, let last = ids.last else { throw error }
        let made = "\(ids.count) of \(count) jobs were made, from \(first) to \(last); then: "
        throw EngineError(error.code, made + error.message, cure: error.cure, problems: error.problems)
      }
    }
    return ids
  }

  private func tell(_ ids: [JobID]) {
    if engine.json {
      let jobs = ids.map { id -> JSONText in ["id": .integer(id.rawValue)] }
      Terminal.output.line(JSONText.object([(name: "jobs", value: .list(jobs))]).text)
    } else {
      Terminal.output.lines(ids.map(\.description))
    }
  }
}
