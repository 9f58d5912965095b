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

      With --json: {"pid","since","store","socket","workers":[…],"jobs":{…}}; workers as `bulkhead workers list --json` \
      prints them, jobs by the name of each state.

      Exit codes: 0 an engine serves, 69 none does, 64 wrong use, 70 fault of bulkhead.
      """)

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let connection = try connect()
    let serving = try connection.serving()
    let nodes = try connection.client.nodes()
    let counts = try connection.counts()
    if engine.json {
      let document: JSONText = [
        "pid": .integer(Int64(serving.process.pid)),
        "since": .string(TimeText.rfc3339(serving.since)),
        "store": .string(connection.location.description),
        "socket": .string(connection.socketPath),
        "workers": .list(nodes.map(WorkersListCommand.document)),
        "jobs": .object(JobsListCommand.states.map { (name: $0, value: .integer(counts[$0] ?? 0)) }),
      ]
      Terminal.output.line(document.text)
      return
    }
    var facts = FactList()
    facts.add(
      "process",
      "\(serving.process.pid), since \(TimeText.withAge(serving.since, now: WallClock.milliseconds))")
    facts.add("socket", connection.socketPath)
    facts.add("workers", nodes.isEmpty ? "none" : nodes.map(Self.worker).joined(separator: "\n"))
    facts.add("jobs", Self.jobs(counts))
    Terminal.output.lines(
      ["an engine serves " + SafeText.escape(connection.location.description)] + facts.lines)
  }

  private static func worker(_ node: NodeRow) -> String {
    "\(node.id), process \(node.process.pid), \(node.activeJobs) active jobs"
      + (node.order == .drain ? ", draining" : "")
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
