import ArgumentParser
import DataModel
import JobEngine
import Storage

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Look at what people changed by hand.",
    discussion: """
      Example:
        bulkhead audit list
      """,
    subcommands: [AuditListCommand.self])
}

struct AuditListCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List decisions made by hand, newest first.",
    discussion: """
      The user is the one whose process spoke to the engine, as the kernel tells it.

      Examples:
        bulkhead audit list
        bulkhead audit list --before 120 --limit 500

      With --json: {"audit":[{"id","at","who","verb","subject","detail"},…],"next_before":17}; next_before is what \
      --before takes to go on, null when these were all.

      Exit codes: 0 done (an empty list too), 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Option(help: ArgumentHelp("How many at most, up to \(Self.limits.upperBound).", valueName: "n"))
  var limit = 100

  @Option(help: ArgumentHelp("Only entries older than this one.", valueName: "id"))
  var before: Int64 = 0

  @OptionGroup var engine: EngineOptions

  static let limits = 1...1000

  func validate() throws {
    if !Self.limits.contains(limit) {
      throw ValidationError("--limit has to be from 1 to \(Self.limits.upperBound), is \(limit)")
    }
    if before < 0 { throw ValidationError("--before has to be the number of an entry, is \(before)") }
  }

  func act() throws {
    let rows = try connect().client.audit(before: before, limit: limit)
    if engine.json {
      let next = rows.count == limit ? rows.last?.id : nil
      let document: JSONText = [
        "audit": .list(rows.map(Self.document)), "next_before": .optional(next),
      ]
      Terminal.output.line(document.text)
    } else if rows.isEmpty {
      Terminal.output.line("nothing was changed by hand")
    } else {
      Terminal.output.lines(
        Self.table(rows).lines(width: Terminal.output.width, colour: Terminal.output.usesColour))
    }
  }

  static func table(_ rows: [AuditRow]) -> Table {
    var table = Table(">ID", "AT", "WHO", "VERB", "SUBJECT", "DETAIL")
    for row in rows {
      table.add(
        "\(row.id)", .init(TimeText.precise(row.at)), .init(row.who), .init(row.verb), .init(row.subject),
        .init(row.detail))
    }
    return table
  }

  static func document(_ row: AuditRow) -> JSONText {
    [
      "id": .integer(row.id), "at": JobDocument.time(row.at), "who": .string(row.who),
      "verb": .string(row.verb), "subject": .string(row.subject), "detail": .string(row.detail),
    ]
  }
}
