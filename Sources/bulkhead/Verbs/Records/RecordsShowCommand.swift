import ArgumentParser
import DataModel
import JobEngine
import Storage

struct RecordsShowCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show one record: its fields, and which job made and changed it.",
    discussion: """
      Examples:
        bulkhead records show 285212673
        bulkhead records show server 285212673
        bulkhead records show server web-1

      With an entity, the record's id or the value of its unique field; ids alone are enough too, because no two \
      records of a store have the same.

      With --json, one object: entity, id, version, created_by_job, changed_by_job (null: nobody has since) and fields \
      {name: value}.

      Exit codes: 0 done, 6 no such record or entity, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(
    help: ArgumentHelp(
      "The record's id; or an entity's name, and then the record.", valueName: "id|entity"),
    completion: RecordArgument.entityNames)
  var first: String

  @Argument(
    help: ArgumentHelp("The record's id, or the value of its unique field.", valueName: "record"))
  var second: String?

  @OptionGroup var engine: EngineOptions

  func act() throws {
    let record = try find()
    if engine.json {
      Terminal.output.line(RecordDocument.one(record).text)
    } else {
      Terminal.output.lines(Self.lines(record, colour: Terminal.output.usesColour))
    }
  }

  private func find() throws -> RecordFacts {
    guard let second else {
      guard let id = Int64(first) else {
        let entity = try RecordArgument.entity(first)
        throw ValidationError("name a record too: bulkhead records show \(entity.definition.name) ID")
      }
      if let record = try connect().client.record(id: id) { return record }
      throw EngineError(
        .notFound, "there is no record \(id)",
        cure: "see `\(engine.hint("records list ENTITY"))`; there are: "
          + Catalogue.standard.entityNames.joined(separator: ", "))
    }
    let entity = try RecordArgument.entity(first)
    let client = try connect().client
    if let id = Int64(second), let record = try client.record(entity: entity.id, id: id) { return record }
    let key = Catalogue.standard.fieldID(entity: entity.id, named: entity.definition.naturalKey) ?? 0
    let match = FieldAssignment(field: key, value: .string(second))
    let found = try client.records(ListRecords(entity: entity.id, matches: [match], limit: 1))
    if let record = found.first { return record }
    throw EngineError(
      .notFound, try missing(second, entity, client),
      cure: "see `\(engine.hint("records list \(entity.definition.name)"))`")
  }

  /// With the names of others when they are few enough to be looked through.
  private func missing(
    _ name: String, _ entity: (id: UInt32, definition: EntityDefinition), _ client: JobClient
  ) throws(EngineError) -> String {
    let definition = entity.definition
    let some = try client.records(ListRecords(entity: entity.id, limit: 1000))
    let index = definition.fields.firstIndex { definition.isUnique($0) } ?? 0
    let names = some.map { RecordText.text($0.row.values[index].value) }
    let what = Int64(name) == nil ? "\"\(name)\"" : name
    let near = Catalogue.near(name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
    let all = names.isEmpty ? "; there is none at all" : ""
    return "there is no \(definition.name) \(what)\(near)\(all)"
  }

  static func lines(_ record: RecordFacts, colour: Bool) -> [String] {
    var facts = FactList()
    facts.add("version", "\(record.row.version)")
    facts.add("created", record.createdByJob.map { "by job \($0)" } ?? "by no job that is known")
    if let job = record.changedByJob { facts.add("changed", "last by job \(job)") }
    for (name, text) in RecordText.fields(record) { facts.add(name, text) }
    return [Style.bold.apply("\(RecordText.entity(record)) \(record.row.id)", colour: colour)] + facts.lines
  }
}
