import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

struct WorkersShowCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show a worker: what it runs, whether it answers, what it is held to.",
    discussion: """
      Example:
        bulkhead workers show 3

      With --json: the worker as `bulkhead workers list --json` prints it, with "plugins": [{id, version, loaded}] and \
      "jobs": [id], the jobs that it runs.

      Exit codes: 0 done, 6 no such worker, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  /// Jobs of a worker that are listed; a worker may hold thousands.
  private static let mostJobs = 100

  @Argument(help: WorkerArgument.help, transform: WorkerArgument.parse) var worker: NodeID
  @OptionGroup var engine: EngineOptions

  func act() throws {
    let connection = try connect()
    let facts = try WorkerArgument.find(worker, in: connection.workers(), engine)
    let list = try connection.client.plugins()
    let active = ["leased", "running", "cancelling", "zombie"]
    let jobs = try connection.client.jobs(ListJobs(states: active, limit: 10_000)).filter {
      $0.node == worker
    }
    if engine.json {
      guard case .object(var members) = WorkerDocument.json(facts) else { return }
      members.append((name: "plugins", value: .list(Self.plugins(list, worker).map(Self.json))))
      members.append((name: "jobs", value: .list(jobs.map { .integer($0.id.rawValue) })))
      Terminal.output.line(JSONText.object(members).text)
    } else {
      Terminal.output.lines(
        Self.lines(facts, Self.plugins(list, worker), jobs, now: WallClock.milliseconds))
    }
  }

  private static func plugins(_ list: PluginList, _ node: NodeID) -> [(PluginFile, PluginReport)] {
    list.reports.filter { $0.node == node }.compactMap { report in
      list.files.first { $0.sha256 == report.sha256 }.map { ($0, report) }
    }
  }

  private static func json(_ plugin: (file: PluginFile, report: PluginReport)) -> JSONText {
    [
      "id": .string(plugin.file.pluginID), "version": .string(plugin.file.version),
      "loaded": .bool(plugin.report.isLoaded),
    ]
  }

  static func lines(
    _ worker: WorkerFacts, _ plugins: [(PluginFile, PluginReport)], _ jobs: [JobRow], now: Milliseconds
  ) -> [String] {
    let node = worker.node
    var facts = FactList()
    facts.add("process", "\(node.process.pid), since " + TimeText.withAge(node.since, now: now))
    facts.add("group", WorkerGroup.title(node.group))
    facts.add("state", worker.state.name)
    if worker.state == .unresponsive { facts.add("why", WorkerDocument.silence(worker, now: now)) }
    facts.add("limits", worker.limits.isEmpty ? "none" : worker.limits.joined(separator: "\n"))
    facts.add("not limited", worker.gaps.joined(separator: "\n"))
    facts.add(
      "plug-ins",
      plugins.map {
        "\($0.0.pluginID) \($0.0.version)" + ($0.1.isLoaded ? "" : ", not loaded: \($0.1.message)")
      }
      .joined(separator: "\n"))
    let shown = jobs.prefix(mostJobs).map { "\($0.id) \($0.kind), \($0.status.name)" }
    let more = jobs.count > mostJobs ? ["and \(jobs.count - mostJobs) more"] : []
    facts.add("jobs", jobs.isEmpty ? "none" : (shown + more).joined(separator: "\n"))
    return ["worker \(node.id)"] + facts.lines
  }
}
