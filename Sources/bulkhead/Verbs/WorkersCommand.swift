import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

struct WorkersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workers",
    abstract: "Look at the processes that run jobs.",
    discussion: """
      Example:
        bulkhead workers list
      """,
    subcommands: [WorkersListCommand.self])
}

struct WorkersListCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the workers that have not ended.",
    discussion: """
      Example:
        bulkhead workers list

      With --json: {"workers":[{"id","pid","order","active_jobs","since"},…]}; the order is run or drain.

      Exit codes: 0 done, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let nodes = try connect().client.nodes()
    if engine.json {
      let document: JSONText = ["workers": .list(nodes.map(Self.document))]
      Terminal.output.line(document.text)
    } else if nodes.isEmpty {
      Terminal.output.line("no workers")
    } else {
      let table = Self.table(nodes, now: WallClock.milliseconds)
      Terminal.output.lines(table.lines(width: Terminal.output.width, colour: Terminal.output.usesColour))
    }
  }

  static func table(_ nodes: [NodeRow], now: Milliseconds) -> Table {
    var table = Table("WORKER", ">PID", "ORDER", ">JOBS", ">AGE", "SINCE")
    for node in nodes {
      table.add(
        "\(node.id)", "\(node.process.pid)", .init(name(node.order)), "\(node.activeJobs)",
        .init(DurationText.age(milliseconds: now - node.since)), .init(TimeText.short(node.since)))
    }
    return table
  }

  static func document(_ node: NodeRow) -> JSONText {
    [
      "id": .integer(node.id.rawValue), "pid": .integer(Int64(node.process.pid)),
      "order": .string(name(node.order)), "active_jobs": .integer(node.activeJobs),
      "since": .string(TimeText.rfc3339(node.since)),
    ]
  }

  private static func name(_ order: NodeOrder) -> String {
    switch order {
    case .run: "run"
    case .drain: "drain"
    }
  }
}
