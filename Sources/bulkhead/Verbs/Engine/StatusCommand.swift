import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

struct StatusCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say whether an engine serves the store, and how it stands.",
    discussion: """
      Example:
        bulkhead status --store sqlite:/var/lib/bulkhead/jobs.db

      With --json: {"pid","version","since","draining","store","socket","workers":[…],"limits_by","jobs":{…}}; workers \
      as `bulkhead workers list --json` prints them, limits_by says what holds them to their limits on this machine, \
      jobs by the name of each state.

      Exit codes: 0 an engine serves, 69 none does, 64 wrong use, 70 fault of bulkhead.
      """)

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let connection = try connect()
    let serving = try connection.serving()
    let workers = try connection.workersAndMechanism()
    if engine.json {
      Terminal.output.line(Self.document(serving, workers, socket: connection.socketPath).text)
    } else {
      Terminal.output.lines(
        Self.lines(serving, workers, socket: connection.socketPath, now: WallClock.milliseconds))
    }
  }

  static func document(_ serving: ServeStatus.Reply, _ list: ListWorkers.Reply, socket: String) -> JSONText {
    [
      "pid": .integer(Int64(serving.process.pid)),
      "version": .string(serving.version),
      "since": .string(TimeText.rfc3339(serving.since)),
      "draining": .bool(serving.isDraining),
      "store": .string(serving.store),
      "socket": .string(socket),
      "workers": .list(list.workers.map(WorkerDocument.json)),
      "limits_by": .string(list.mechanism),
      "jobs": .object(JobsListCommand.states.map { (name: $0, value: .integer(serving.counts[$0] ?? 0)) }),
    ]
  }

  static func lines(
    _ serving: ServeStatus.Reply, _ list: ListWorkers.Reply, socket: String, now: Milliseconds
  ) -> [String] {
    var facts = FactList()
    let workers = list.workers
    facts.add("process", "\(serving.process.pid), since " + TimeText.withAge(serving.since, now: now))
    facts.add("version", serving.version)
    facts.add("socket", socket)
    facts.add(
      "workers", workers.isEmpty ? "none" : workers.map { worker($0, now: now) }.joined(separator: "\n"))
    facts.add("limits", list.mechanism)
    facts.add("jobs", jobs(serving.counts))
    let state = serving.isDraining ? " and drains: it ends when its running jobs have ended" : ""
    return ["an engine serves " + SafeText.escape(serving.store) + state] + facts.lines
  }

  private static func worker(_ worker: WorkerFacts, now: Milliseconds) -> String {
    let node = worker.node
    return
      ([
        "\(node.id), process \(node.process.pid), group \(WorkerGroup.title(node.group))",
        StopText.count(node.activeJobs) + " active",
      ] + (node.order == .drain ? ["draining"] : [])
      + (worker.state == .unresponsive ? ["unresponsive: " + WorkerDocument.silence(worker, now: now)] : [])
      + worker.limits + worker.gaps.map { "no limit of " + $0 }).joined(separator: ", ")
  }

  /// "3 running, 120 succeeded"; states without jobs are left out.
  static func jobs(_ counts: [String: Int]) -> String {
    let words = JobsListCommand.states.compactMap { name -> String? in
      guard let count = counts[name], count > 0 else { return nil }
      return "\(count) \(name)"
    }
    return words.isEmpty ? "none yet" : words.joined(separator: ", ")
  }
}
