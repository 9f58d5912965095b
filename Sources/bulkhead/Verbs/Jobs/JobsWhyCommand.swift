import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

struct JobsWhyCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say why a job stands where it stands.",
    discussion: """
      Example:
        bulkhead jobs why 17

      With --json: {"job_id":17,"state":"ready","why":[{"code","text"},…]}, the outermost reason first; codes are stable.

      Exit codes: 0 done, 6 no such job, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    JobID
  @OptionGroup var engine: EngineOptions

  func act() throws {
    let connection = try connect()
    let job = try connection.client.job(id)
    var lines = try connection.client.why(id)
    if let silence = Self.silence(job, try connection.workers(), now: WallClock.milliseconds) {
      lines.append(silence)
    }
    if engine.json {
      let document: JSONText = [
        "job_id": .integer(id.rawValue), "state": .string(job.status.name),
        "why": .list(lines.map { ["code": .string($0.code), "text": .string($0.text)] }),
      ]
      Terminal.output.line(document.text)
    } else {
      Terminal.output.lines(Self.text(job, lines, colour: Terminal.output.usesColour))
    }
  }

  /// What is to be said of the worker that holds the job, when it says nothing itself.
  static func silence(_ job: JobRow, _ workers: [WorkerFacts], now: Milliseconds) -> WhyLine? {
    guard case .live = job.status, let node = job.node,
      let worker = workers.first(where: { $0.node.id == node }), worker.state == .unresponsive
    else { return nil }
    return WhyLine(
      "unresponsive", "worker \(node) is unresponsive: " + WorkerDocument.silence(worker, now: now))
  }

  static func text(_ job: JobRow, _ lines: [WhyLine], colour: Bool) -> [String] {
    let name = job.status.name
    return ["job \(job.id) is " + Style.state(name).apply(name, colour: colour)]
      + lines.flatMap { line in
        // Only the job's own message has lines: one a failure.
        let texts = line.code == "message" ? SafeText.lines(line.text) : [SafeText.escape(line.text)]
        return texts.enumerated().map { index, text in (index == 0 ? "  - " : "    ") + text }
      }
  }
}
