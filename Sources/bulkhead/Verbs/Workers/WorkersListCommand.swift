import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

struct WorkersListCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the workers that have not ended.",
    discussion: """
      Example:
        bulkhead workers list

      States: running, draining, unresponsive (it says nothing; its jobs stay its own until it is killed).

      With --json: {"workers":[{"id","pid","group","state","order","active_jobs","since","silent_since","silence",\
      "limits","not_limited"},…]}; the order is run or drain, silent_since and silence are null while it answers, \
      limits and not_limited are lists of sentences.

      Exit codes: 0 done, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let workers = try connect().workers()
    if engine.json {
      let document: JSONText = ["workers": .list(workers.map(WorkerDocument.json))]
      Terminal.output.line(document.text)
    } else if workers.isEmpty {
      Terminal.output.line("no workers")
    } else {
      Terminal.output.lines(
        Self.lines(
          workers, now: WallClock.milliseconds, width: Terminal.output.width,
          colour: Terminal.output.usesColour))
    }
  }

  /// The table, and below it what is too long for one.
  static func lines(_ workers: [WorkerFacts], now: Milliseconds, width: Int?, colour: Bool) -> [String] {
    var table = Table("WORKER", ">PID", "GROUP", "STATE", ">JOBS", ">AGE", "LIMITS")
    for worker in workers {
      let node = worker.node
      table.add(
        "\(node.id)", "\(node.process.pid)", .init(WorkerGroup.title(node.group)),
        .init(worker.state.name, style: worker.state == .unresponsive ? .red : .plain),
        "\(node.activeJobs)", .init(DurationText.age(milliseconds: now - node.since)),
        .init(worker.limits.isEmpty ? "none" : worker.limits.joined(separator: "; ")))
    }
    let notes = workers.flatMap { WorkerDocument.notes($0, now: now) }
    return table.lines(width: width, colour: colour) + (notes.isEmpty ? [] : [""] + notes)
  }
}

/// A worker as the verbs print it.
enum WorkerDocument {
  static func json(_ worker: WorkerFacts) -> JSONText {
    let node = worker.node
    return [
      "id": .integer(node.id.rawValue), "pid": .integer(Int64(node.process.pid)),
      "group": .string(WorkerGroup.title(node.group)), "state": .string(worker.state.name),
      "order": .string(node.order == .drain ? "drain" : "run"), "active_jobs": .integer(node.activeJobs),
      "since": .string(TimeText.rfc3339(node.since)),
      "silent_since": worker.silentSince == 0 ? .null : .string(TimeText.rfc3339(worker.silentSince)),
      "silence": .nonEmpty(worker.silence), "limits": .strings(worker.limits),
      "not_limited": .strings(worker.gaps),
    ]
  }

  /// What is wrong with it, a line each.
  static func notes(_ worker: WorkerFacts, now: Milliseconds) -> [String] {
    let name = "worker \(worker.node.id)"
    var lines: [String] = []
    if worker.state == .unresponsive {
      lines.append("\(name) is unresponsive: " + silence(worker, now: now))
    }
    return lines + worker.gaps.map { "\(name) has no limit of " + SafeText.escape($0) }
  }

  static func silence(_ worker: WorkerFacts, now: Milliseconds) -> String {
    SafeText.escape(worker.silence) + "; last heard " + TimeText.withAge(worker.silentSince, now: now)
      + "; `bulkhead workers kill \(worker.node.id)` ends it"
  }
}
