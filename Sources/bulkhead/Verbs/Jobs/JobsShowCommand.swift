import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

struct JobsShowCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show all that is known of one job.",
    discussion: """
      Example:
        bulkhead jobs show 17

      With --json, one object: id, kind, state, reason, params, repeat, deadline_ms (0: none), cancel_requested, \
      attempt, fence, worker, submitted_at, started_at, progress {done, total (0: unknown), message, at} and \
      outcome {name, code, code_name, message, result, left_behind, finished_at, cpu_ms, wall_ms, host_calls, \
      memory {allocations, allocated_bytes, peak_bytes, live_bytes, live_blocks}}. \
      worker, started_at, progress and outcome are null until there is one; memory is null where it could not be \
      counted. `jobs show` adds steps: [{name, token, state, result, begun_at, done_at}], state is begun (what came of \
      it is not known) or done; lost: null, or {since, run_ended, message, left_behind, tries, due_at, answer, \
      answered_at}; and records: [{change, entity, id, version, created_by_job, changed_by_job, fields}], those that the \
      job created and those that it was the last to change, 1000 at most.

      Exit codes: 0 done, 6 no such job, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(help: JobArgument.help, completion: LiveCompletion.job, transform: JobArgument.parse) var id:
    JobID
  @OptionGroup var engine: EngineOptions

  func act() throws {
    let connection = try connect()
    let job = try connection.client.job(id)
    let catalogue = try ParameterMask.catalogue(over: connection)
    let steps = try connection.client.steps(id)
    let lost = try connection.client.lost(id)
    let limit = engine.json ? 1000 : Self.recordLimit + 1
    let records = try connection.client.records(of: id, limit: limit)
    if engine.json {
      let document = JobDocument.whole(
        job, catalogue: catalogue, steps: steps, lost: lost, records: records)
      Terminal.output.line(document.text)
    } else {
      let params = ParameterMask.params(of: job, catalogue: catalogue)
      Terminal.output.lines(
        Self.lines(job, params: params, now: WallClock.milliseconds, colour: Terminal.output.usesColour)
          + JobText.lost(lost, now: WallClock.milliseconds))
      Terminal.output.lines(
        JobText.steps(steps, width: Terminal.output.width, colour: Terminal.output.usesColour))
      Terminal.output.lines(RecordText.written(records, by: id, limit: Self.recordLimit))
    }
  }

  /// Records that are shown to people.
  private static let recordLimit = 20

  static func lines(_ job: JobRow, params: String, now: Milliseconds, colour: Bool) -> [String] {
    let name = job.status.name
    var facts = FactList()
    facts.add("state", name + " (\(job.reason.rawValue))", style: .state(name), colour: colour)
    if job.cancelRequested { facts.add("cancel", "requested") }
    facts.add("params", JobDocument.json(params).text)
    if !job.status.isAtRest { facts.add("progress", JobText.progressText(job)) }
    facts.add("submitted", TimeText.withAge(job.submittedAt, now: now))
    if let startedAt = job.startedAt { facts.add("started", TimeText.withAge(startedAt, now: now)) }
    if job.attempt > 0 {
      facts.add(
        "run", (job.node.map { "worker \($0), " } ?? "") + "attempt \(job.attempt), fence \(job.fence)")
    }
    facts.add("repeat", job.repeatRule.name)
    if job.deadlineMilliseconds > 0 {
      facts.add("deadline", DurationText.text(milliseconds: job.deadlineMilliseconds) + " after its start")
    }
    if case .ended(let end) = job.status { addEnd(end, of: job, to: &facts, now: now) }
    return [Style.bold.apply("job \(job.id)", colour: colour) + "  " + SafeText.escape(job.kind.description)]
      + facts.lines
  }

  private static func addEnd(_ end: JobEnd, of job: JobRow, to facts: inout FactList, now: Milliseconds) {
    let took = JobText.runMilliseconds(job, now: now).map { ", took " + DurationText.text(milliseconds: $0) }
    facts.add("finished", TimeText.withAge(end.finishedAt, now: now) + (took ?? ""))
    if job.attempt > 0 {
      facts.add("returned", "\(end.code)" + (ReturnCode.name(end.code).map { " (\($0))" } ?? ""))
      let cpu = DurationText.text(milliseconds: end.usage.cpuNanoseconds / 1_000_000)
      let wall = DurationText.text(milliseconds: end.usage.wallNanoseconds / 1_000_000)
      facts.add("used", "\(cpu) of a processor, \(wall) in all, \(end.usage.hostCalls) host calls")
      facts.add("memory", JobText.memory(end.usage.memory))
    }
    facts.add("message", end.message)
    for text in end.leftBehind { facts.add("left behind", text) }
    if let result = end.result { facts.add("result", JobDocument.json(result).text) }
  }
}
