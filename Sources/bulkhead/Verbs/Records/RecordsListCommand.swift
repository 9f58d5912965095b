import ArgumentParser
import DataModel
import JobEngine
import Storage

struct RecordsListCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the records of an entity, by id.",
    discussion: """
      Examples:
        bulkhead records list server
        bulkhead records list server --where owner=ada --where power=on
        bulkhead records list server --where environment=

      Nothing behind the sign means: the field is not set. References are ids, points in time milliseconds since \
      1970-01-01 UTC. JOB is the job that made the record, or the one that changed it last.

      With --json: {"records":[…],"next_after":17}, each with entity, id, version, created_by_job, changed_by_job \
      (null: nobody has since) and fields {name: value}. next_after is what --after takes to go on, null when these \
      were all.

      Exit codes: 0 done (an empty list too), 6 no such entity, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(help: RecordArgument.entity, completion: RecordArgument.entityNames) var entity: String

  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("Only records whose field has that value. May be repeated.", valueName: "field=value"))
  var matches: [String] = []

  @Option(
    help: ArgumentHelp("How many at most, up to \(JobsListCommand.limits.upperBound).", valueName: "n"))
  var limit = 50

  @Option(help: ArgumentHelp("Only records with a larger id.", valueName: "id"))
  var after: Int64 = 0

  @OptionGroup var engine: EngineOptions

  func validate() throws {
    if !JobsListCommand.limits.contains(limit) {
      throw ValidationError("--limit has to be from 1 to \(JobsListCommand.limits.upperBound), is \(limit)")
    }
    if after < 0 { throw ValidationError("--after is a record's id, and ids are above 0, is \(after)") }
  }

  func act() throws {
    let entity = try RecordArgument.entity(entity)
    var wanted: [FieldAssignment] = []
    for text in matches { wanted.append(try RecordArgument.match(text, of: entity)) }
    let client = try connect().client
    // One more than is shown: whether there are more is then known.
    let found = try client.records(
      ListRecords(entity: entity.id, matches: wanted, after: after, limit: limit + 1))
    let records = Array(found.prefix(limit))
    let next = found.count > limit ? records.last?.row.id : nil
    if engine.json {
      let document: JSONText = [
        "records": .list(records.map(RecordDocument.one)), "next_after": .optional(next),
      ]
      Terminal.output.line(document.text)
    } else if records.isEmpty {
      Terminal.output.line("no \(wanted.isEmpty ? "" : "such ")\(entity.definition.name) records")
    } else {
      let table = RecordText.table(records, of: entity.definition)
      Terminal.output.lines(table.lines(width: Terminal.output.width, colour: Terminal.output.usesColour))
      if let next {
        Terminal.errors.line(
          "there are more: `\(engine.hint("records list \(entity.definition.name) --after \(next)"))`")
      }
    }
  }
}
