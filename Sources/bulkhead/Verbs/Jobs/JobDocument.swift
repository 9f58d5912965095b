import DataModel
import JobEngine
import Storage

/// A job as JSON: the one shape in which every verb prints it.
enum JobDocument {
  static func one(_ job: JobRow, catalogue: ActionCatalogue) -> JSONText {
    [
      "id": .integer(job.id.rawValue),
      "kind": .string(job.kind.description),
      "state": .string(job.status.name),
      "reason": .string(job.reason.rawValue),
      "params": json(ParameterMask.params(of: job, catalogue: catalogue)),
      "repeat": .string(job.repeatRule.name),
      "deadline_ms": .integer(job.deadlineMilliseconds),
      "cancel_requested": .bool(job.cancelRequested),
      "attempt": .integer(job.attempt),
      "fence": .integer(job.fence),
      "worker": .optional(job.node?.rawValue),
      "submitted_at": time(job.submittedAt),
      "started_at": time(job.startedAt),
      "progress": progress(job.progress),
      "outcome": outcome(job.status),
    ]
  }

  /// The same with the job's steps and records and, of a lost job, what is known of its question.
  static func whole(
    _ job: JobRow, catalogue: ActionCatalogue, steps: [StepRow], lost: LostRow?, records: [RecordFacts] = []
  ) -> JSONText {
    guard case .object(let members) = one(job, catalogue: catalogue) else { return .null }
    return .object(
      members + [
        (name: "steps", value: .list(steps.map(step))), (name: "lost", value: lost.map(question) ?? .null),
        (
          name: "records",
          value: .list(records.map { RecordDocument.change($0, of: job.id.rawValue) })
        ),
      ])
  }

  private static func step(_ step: StepRow) -> JSONText {
    [
      "name": .string(step.name), "token": .string(step.token), "state": .string(step.stateName),
      "result": .optional(step.result), "begun_at": time(step.begunAt), "done_at": time(step.doneAt),
    ]
  }

  private static func question(_ lost: LostRow) -> JSONText {
    [
      "since": lost.since > 0 ? time(lost.since) : .null, "run_ended": .bool(lost.runEnded),
      "message": .string(lost.message), "left_behind": .strings(lost.leftBehind),
      "tries": .integer(lost.tries), "due_at": time(lost.dueAt), "answer": .nonEmpty(lost.answer),
      "answered_at": time(lost.answeredAt),
    ]
  }

  /// `{"jobs":[…]}` with `more` members behind.
  static func list(
    _ jobs: [JobRow], catalogue: ActionCatalogue, more: [(name: String, value: JSONText)] = []
  ) -> JSONText {
    .object([(name: "jobs", value: .list(jobs.map { one($0, catalogue: catalogue) }))] + more)
  }

  static func time(_ time: Milliseconds?) -> JSONText { .optional(time.map { TimeText.rfc3339($0) }) }

  /// Stored JSON text as it is; as a string should it ever not be JSON.
  static func json(_ text: String) -> JSONText {
    (try? JSONValue(parsing: text)) == nil ? .string(text) : .verbatim(text)
  }

  private static func progress(_ progress: JobProgress?) -> JSONText {
    guard let progress else { return .null }
    return [
      "done": .verbatim(String(progress.done)), "total": .verbatim(String(progress.total)),
      "message": .string(progress.message), "at": time(progress.at),
    ]
  }

  private static func outcome(_ status: JobStatus) -> JSONText {
    guard case .ended(let end) = status else { return .null }
    return [
      "name": .string(end.outcome.name),
      "code": .integer(Int64(end.code)),
      "code_name": .optional(ReturnCode.name(end.code)),
      "message": .string(end.message),
      "result": end.result.map { json($0) } ?? .null,
      "left_behind": .strings(end.leftBehind),
      "finished_at": time(end.finishedAt),
      "cpu_ms": .milliseconds(nanoseconds: end.usage.cpuNanoseconds),
      "wall_ms": .milliseconds(nanoseconds: end.usage.wallNanoseconds),
      "host_calls": .integer(end.usage.hostCalls),
      "memory": memory(end.usage.memory),
    ]
  }

  /// Null where memory could not be counted.
  static func memory(_ memory: MemoryUsage?) -> JSONText {
    guard let memory else { return .null }
    return [
      "allocations": .integer(memory.allocations), "allocated_bytes": .integer(memory.allocatedBytes),
      "peak_bytes": .integer(memory.peakBytes), "live_bytes": .integer(memory.liveBytes),
      "live_blocks": .integer(memory.liveBlocks),
    ]
  }
}
