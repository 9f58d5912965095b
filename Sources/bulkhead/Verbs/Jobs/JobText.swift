import DataModel
import JobEngine
import Storage

/// A job in words, for people. Pure.
enum JobText {
  static func progress(_ job: JobRow, label: String, now: Milliseconds) -> ProgressState {
    ProgressState(
      label: label, state: job.status.name, done: job.progress?.done ?? 0, total: job.progress?.total ?? 0,
      message: job.progress?.message ?? "",
      elapsedMilliseconds: max(0, now - (job.startedAt ?? job.submittedAt)))
  }

  /// "45%  hashing b.txt", "1200 done", or nothing.
  static func progressText(_ job: JobRow) -> String {
    guard let progress = job.progress else { return "" }
    let state = ProgressState(label: "", state: "", done: progress.done, total: progress.total)
    var parts: [String] = []
    if let percent = state.percent {
      parts.append("\(percent)%")
    } else if progress.done > 0 {
      parts.append("\(progress.done) done")
    }
    if !progress.message.isEmpty { parts.append(SafeText.escape(progress.message)) }
    return parts.joined(separator: "  ")
  }

  /// How long it has run, or ran; nil when it has not started, or when nobody knows (lost).
  static func runMilliseconds(_ job: JobRow, now: Milliseconds) -> Milliseconds? {
    guard let startedAt = job.startedAt else { return nil }
    if case .live(.lost) = job.status { return nil }
    guard case .ended(let end) = job.status else { return max(0, now - startedAt) }
    return max(0, end.finishedAt - startedAt)
  }

  /// What a waiting verb says when the job has come to rest: the outcome, the message, what was left behind, and
  /// the result alone on the last line.
  static func end(_ job: JobRow, colour: Bool) -> [String] {
    let name = job.status.name
    var first = "job \(job.id): " + Style.state(name).apply(name, colour: colour)
    guard case .ended(let end) = job.status else {
      return [
        first + ": its worker ended, and what came of it is not known; see `bulkhead jobs why \(job.id)`"
      ]
    }
    if let time = runMilliseconds(job, now: end.finishedAt) {
      first += " in " + DurationText.text(milliseconds: time)
    }
    let message = SafeText.lines(end.message)
    if let start = message.first { first += ": " + start }
    var lines = [first] + message.dropFirst().map { "  " + $0 }
    lines += end.leftBehind.map { "  left behind: " + SafeText.escape($0) }
    if let result = end.result { lines.append(JobDocument.json(result).text) }
    return lines
  }

  /// "peak 12.3 MiB, 1,204 allocations, 0 B left".
  static func memory(_ memory: MemoryUsage?) -> String {
    guard let memory else { return "unavailable" }
    let left =
      memory.liveBlocks > 0 ? " in \(ByteText.count(memory.liveBlocks)) blocks" : ""
    return
      "peak \(ByteText.text(bytes: memory.peakBytes)), \(ByteText.count(memory.allocations)) allocations, "
      + "\(ByteText.text(bytes: memory.liveBytes)) left\(left)"
  }

  /// What is known of a lost job's question; nothing when it is not lost.
  static func lost(_ lost: LostRow?, now: Milliseconds) -> [String] {
    guard let lost else { return [] }
    var facts = FactList()
    if lost.since > 0 { facts.add("lost", TimeText.withAge(lost.since, now: now)) }
    facts.add("it said", lost.message)
    for text in lost.leftBehind { facts.add("left behind", text) }
    facts.add("old run", lost.runEnded ? "has ended" : "nothing proves that it has ended")
    if lost.tries > 0 { facts.add("asked", "\(lost.tries) time(s), answer \(lost.answer)") }
    return facts.lines
  }

  /// The table of a job's steps; nothing when it has none.
  static func steps(_ steps: [StepRow], width: Int?, colour: Bool) -> [String] {
    if steps.isEmpty { return [] }
    var table = Table("STEP", "STATE", "RESULT", "BEGUN", "DONE", "TOKEN")
    for step in steps {
      table.add(
        .init(step.name), .init(step.stateName), .init(step.result ?? "?"),
        .init(TimeText.precise(step.begunAt)), .init(step.doneAt.map { TimeText.precise($0) } ?? ""),
        .init(step.token))
    }
    return [""] + table.lines(width: width, colour: colour)
  }

  /// One line for a table: what it last said, or how it ended.
  static func summary(_ job: JobRow) -> String {
    if case .ended(let end) = job.status {
      return end.message.split(separator: "\n").first.map(String.init) ?? ""
    }
    return job.progress?.message ?? ""
  }
}
