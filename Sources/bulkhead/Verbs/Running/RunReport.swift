import DataModel
import Glibc
import PluginCheck
import PluginHost
import Storage
import Threading

/// What came of one run of an action, for people and for programs. Pure.
enum RunReport {
  /// As `submit --wait` ends; a run that did not come to its end has failed.
  static func exitCode(_ report: TryReport) -> Int32 {
    switch report.outcome.flatMap({ Outcome(name: $0) }) {
    case .succeeded: ExitStatus.succeeded
    case .warning: ExitStatus.warning
    case .cancelled: ExitStatus.cancelled
    case .timedOut: ExitStatus.timedOut
    case .failed, nil: ExitStatus.failed
    }
  }

  static func lines(_ report: TryReport, colour: Bool) -> [String] {
    let name = report.outcome ?? "failed"
    let head =
      Style.state(name).apply(name, colour: colour) + ": " + ending(report.ending)
      + (report.reason.isEmpty ? "" : ", " + report.reason)
    var facts = FactList()
    facts.add("message", report.message)
    for place in FoldedTrace.lines(report.trace) { facts.add("at", place) }
    facts.add("refused", refused(report))
    for text in report.leftBehind { facts.add("left behind", text) }
    for record in report.records { facts.add("record", RecordText.line(record, after: report.job)) }
    if report.records.count >= TryReport.recordLimit { facts.add("record", "… there may be more") }
    if report.outcome != nil {
      facts.add(
        "used",
        "\(time(report.cpuNanoseconds)) of a processor, \(time(report.wallNanoseconds)) in all, "
          + "\(ByteText.count(report.hostCalls)) host calls")
      facts.add("memory", memory(report.memory))
      let place = report.worstGapPlace.isEmpty ? "its return" : report.worstGapPlace
      facts.add(
        "cancel",
        "\(ByteText.count(Int64(report.cancelPoints))) points, longest gap "
          + "\(time(report.worstGapNanoseconds)), ended by \(place)")
      if let latency = report.stopLatencyNanoseconds {
        facts.add("stopped", "in " + time(latency) + " after it was asked to")
      }
    }
    if report.threadsLeft > 0 { facts.add("threads", "\(report.threadsLeft) go on after its end") }
    for text in report.descriptorsLeft { facts.add("left open", text) }
    return [head] + facts.lines + (report.result.map { [JobDocument.json($0).text] } ?? [])
  }

  /// One run alone cannot tell a cache from a leak.
  private static func memory(_ memory: TryReport.Memory?) -> String {
    let text = JobText.memory(memory.map { MemoryUsage($0) })
    guard let memory, memory.liveBlocks > 0 else { return text }
    return text + " (a cache that the runtime keeps, or a leak: `bulkhead plugin check` tells)"
  }

  /// The allocation that `--fail-alloc` refused.
  private static func refused(_ report: TryReport) -> String {
    guard let block = report.refused else { return "" }
    let place = report.refusedPlace.isEmpty ? "" : ", asked for by " + report.refusedPlace
    return "a block of \(ByteText.text(bytes: block.bytes))\(place)"
  }

  static func document(_ report: TryReport) -> JSONText {
    var signal: String?
    var code: Int64?
    if case .signalled(let number) = report.ending { signal = TrialLoad.signalName(number) }
    if case .returned(let number) = report.ending { code = Int64(number) }
    return [
      "outcome": .optional(report.outcome), "code": .optional(code),
      "code_name": .optional(code.flatMap { ReturnCode.name(Int32($0)) }),
      "message": .string(report.outcome == nil ? ending(report.ending) : report.message),
      "result": report.result.map { JobDocument.json($0) } ?? .null,
      "left_behind": .strings(report.leftBehind),
      "records": .list(report.records.map { RecordDocument.change($0, of: report.job) }),
      "logs": .list(
        report.logs.map { ["level": .string(levelName($0.level)), "text": .string($0.text)] }),
      "wrote": .string(report.errors),
      "cpu_ms": .milliseconds(nanoseconds: report.cpuNanoseconds),
      "wall_ms": .milliseconds(nanoseconds: report.wallNanoseconds),
      "host_calls": .integer(report.hostCalls), "cancel_points": .integer(report.cancelPoints),
      "worst_gap_ms": .milliseconds(nanoseconds: report.worstGapNanoseconds),
      "worst_gap_place": .nonEmpty(report.worstGapPlace),
      "stop_latency_ms": report.stopLatencyNanoseconds.map { .milliseconds(nanoseconds: $0) } ?? .null,
      "memory": JobDocument.memory(report.memory.map { MemoryUsage($0) }),
      "threads_left": .integer(report.threadsLeft), "descriptors_left": .strings(report.descriptorsLeft),
      "signal": .optional(signal), "reason": .nonEmpty(report.reason), "trace": .strings(report.trace),
      "refused": report.refused.map {
        ["bytes": .integer($0.bytes), "place": .nonEmpty(report.refusedPlace)]
      } ?? .null,
    ]
  }

  static func ending(_ ending: TryReport.Ending) -> String {
    switch ending {
    case .returned(let code): "returned \(code)" + (ReturnCode.name(code).map { " (\($0))" } ?? "")
    case .signalled(let number): "its process was ended by \(TrialLoad.signalName(number))"
    case .exited(let code): "it ended its process with exit code \(code)"
    case .outOfTime: "it did not end in time"
    case .notRun(let why): "it was not run: \(why)"
    }
  }

  static func levelName(_ level: UInt8) -> String {
    Int(level) < JobsLogsCommand.levels.count ? JobsLogsCommand.levels[Int(level)] : String(level)
  }

  /// Short times to the microsecond: what a run of a plug-in takes between two looks.
  private static func time(_ nanoseconds: Int64) -> String {
    if nanoseconds < 1_000_000 { return "\(nanoseconds / 1000)us" }
    return DurationText.text(milliseconds: nanoseconds / 1_000_000)
  }
}

extension MemoryUsage {
  init(_ memory: TryReport.Memory) {
    self.init(
      allocations: memory.allocations, allocatedBytes: memory.allocatedBytes, peakBytes: memory.peakBytes,
      liveBytes: memory.liveBytes, liveBlocks: memory.liveBlocks)
  }
}
