import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

struct JobsListCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List jobs, newest first.",
    discussion: """
      Examples:
        bulkhead jobs list --state failed --state lost
        bulkhead jobs list --kind libvirt:server.create --limit 200
        bulkhead jobs list --before 1234

      States: \(Self.states.joined(separator: ", ")).

      With --json: {"jobs":[…],"next_before":17}, each job as `bulkhead jobs show --json` prints it. next_before is \
      what --before takes to go on, null when these were all.

      Exit codes: 0 done (an empty list too), 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Option(
    help: ArgumentHelp("Only jobs in this state. May be repeated.", valueName: "state"),
    completion: .list(states))
  var state: [String] = []

  @Option(help: ArgumentHelp("Only jobs of this PLUGIN:ACTION (or of the action alone).", valueName: "kind"))
  var kind: String?

  @Option(help: ArgumentHelp("How many at most, up to \(Self.limits.upperBound).", valueName: "n"))
  var limit = 50

  @Option(
    help: ArgumentHelp("Only jobs older than this one.", valueName: "id"), transform: JobArgument.parse)
  var before: JobID?

  @OptionGroup var engine: EngineOptions

  static let states = JobState.allCases.map(\.name) + Outcome.allCases.map(\.name)
  static let limits = 1...10_000

  func validate() throws {
    if let unknown = state.first(where: { !Self.states.contains($0) }) {
      throw ValidationError(
        "there is no state \"\(SafeText.escape(unknown))\"; states are \(Self.states.joined(separator: ", "))"
      )
    }
    if !Self.limits.contains(limit) {
      throw ValidationError("--limit has to be from 1 to \(Self.limits.upperBound), is \(limit)")
    }
  }

  func act() throws {
    let connection = try connect()
    let query = ListJobs(
      states: state, kind: try jobKind(connection), before: before ?? JobID(0), limit: limit)
    let jobs = try connection.client.jobs(query)
    if engine.json {
      let next = jobs.count == limit ? jobs.last?.id.rawValue : nil
      let catalogue = try ParameterMask.catalogue(over: connection)
      let more = [(name: "next_before", value: JSONText.optional(next))]
      Terminal.output.line(JobDocument.list(jobs, catalogue: catalogue, more: more).text)
    } else if jobs.isEmpty {
      Terminal.output.line(state.isEmpty && kind == nil ? "no jobs" : "no such jobs")
    } else {
      let table = Self.table(jobs, now: WallClock.milliseconds)
      Terminal.output.lines(table.lines(width: Terminal.output.width, colour: Terminal.output.usesColour))
      if jobs.count == limit, let last = jobs.last {
        Terminal.errors.line("there may be more: `\(engine.hint("jobs list --before \(last.id)"))`")
      }
    }
  }

  static func table(_ jobs: [JobRow], now: Milliseconds) -> Table {
    var table = Table(">ID", "ACTION", "STATE", ">DONE", ">RUN", ">AGE", "MESSAGE")
    for job in jobs {
      let progress = ProgressState(
        label: "", state: "", done: job.progress?.done ?? 0, total: job.progress?.total ?? 0)
      let percent: String = job.status.isAtRest ? "" : progress.percent.map { "\($0)%" } ?? ""
      let run = JobText.runMilliseconds(job, now: now).map { DurationText.text(milliseconds: $0) }
      table.add(
        "\(job.id)", "\(job.kind)", .init(job.status.name, style: .state(job.status.name)), .init(percent),
        .init(run ?? ""), .init(DurationText.age(milliseconds: now - job.submittedAt)),
        .init(JobText.summary(job)))
    }
    return table
  }

  private func jobKind(_ connection: EngineConnection) throws(EngineError) -> JobKind? {
    guard let kind else { return nil }
    if let full = JobKind(kind) { return full }
    return try ActionCatalogue(connection.client.plugins()).resolve(kind).kind
  }
}
