import ArgumentParser
import DataModel
import JobEngine
import Storage

struct JobsCancelCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Ask a job to stop and to clean up.",
    discussion: """
      A job that has not started ends at once. A running one is told, runs its clean-up and ends.

      Examples:
        bulkhead jobs cancel 17
        bulkhead jobs cancel 17 --wait

      With --json: {"job_id":17,"answer":"cancelled"}; the answer is cancelled (it ended before it started), cancelling \
      (it was told) or already_ended (as cancelled). With --wait the job as `bulkhead jobs show --json` prints it.

      Exit codes: 0 told, or cancelled already; with --wait 0 when it ended as cancelled. 7 refused: it had ended \
      otherwise, ended otherwise in spite of the cancel, or cannot be reached; 5 lost while waiting; 6 no such job, \
      64 wrong use, 69 no engine, 70 fault of bulkhead, 130 interrupted while waiting.
      """)

  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    JobID

  @Flag(help: "Wait until the job has ended.")
  var wait = false

  @OptionGroup var patience: PatienceOption

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let waiting = wait ? JobWait(options: engine, patience: patience) : nil
    let connection = try connect()
    let answer = try connection.client.cancel(id)
    let name = try accepted(answer)
    guard let waiting else {
      tell(name)
      return
    }
    let catalogue = try ParameterMask.catalogue(over: connection)
    let rows = try waiting.wait(for: [id], over: connection)
    guard let job = rows.first else { return }
    if engine.json { Terminal.output.line(JobDocument.one(job, catalogue: catalogue).text) }
    switch ExitStatus.of(job.status) {
    case ExitStatus.cancelled: break
    case ExitStatus.lost: throw ExitCode(ExitStatus.lost)
    default: throw ExitCode(ExitStatus.refused)
    }
  }

  private func tell(_ answer: String) {
    if engine.json {
      let document: JSONText = ["job_id": .integer(id.rawValue), "answer": .string(answer)]
      Terminal.output.line(document.text)
      return
    }
    let text =
      switch answer {
      case "cancelled": "job \(id) is cancelled; it had not started"
      case "already_ended": "job \(id) was cancelled before"
      default: "job \(id) was told to stop; wait for its end with `\(engine.hint("jobs wait \(id)"))`"
      }
    Terminal.output.line(text)
  }

  /// The answer's name when the job is or will be cancelled.
  private func accepted(_ answer: CancelAnswer) throws(EngineError) -> String {
    switch answer {
    case .cancelled: return "cancelled"
    case .cancelling: return "cancelling"
    case .alreadyEnded(.cancelled): return "already_ended"
    case .alreadyEnded(let outcome):
      throw EngineError(
        .refused, "job \(id) has ended already: \(outcome.name)", cure: "there is nothing to cancel")
    case .unreachable(let state):
      let why =
        state == .lost
        ? "its worker has ended, and what came of it is not known" : "it did not stop within its grace time"
      throw EngineError(
        .refused, "job \(id) is \(state.name): \(why)", cure: "see `\(engine.hint("jobs why \(id)"))`")
    case .notFound:
      throw EngineError(.notFound, "there is no job \(id)", cure: "see `\(engine.hint("jobs list"))`")
    }
  }
}
