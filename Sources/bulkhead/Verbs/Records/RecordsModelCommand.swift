import ArgumentParser
import DataModel
import JobEngine

struct RecordsModelCommand: Verb {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Show the data model: which entities there are, and their fields. Works without an engine.",
    discussion: """
      Examples:
        bulkhead records model
        bulkhead records model server --json

      These entities are all there are: a plug-in writes and reads records of them, and cannot add entities or fields of \
      its own yet. A unique field is refused with a conflict when another record has that value; a required field has to \
      be given when a record is made. No field has a default: one that was not given is null.

      With --json: {"entities":[{name, description, fields [{name, type, required, unique, references, default, \
      description}]}]}. Types are bool, int, real, string, instant (milliseconds since 1970-01-01 UTC) and reference, \
      whose entity is in references.

      Exit codes: 0 done, 6 no such entity, 64 wrong use, 70 fault of bulkhead.
      """)

  @Argument(help: RecordArgument.entity, completion: RecordArgument.entityNames) var entity: String?

  @Flag(help: "Print JSON for programs instead of text for people.")
  var json = false

  var printsJSON: Bool { json }

  func act() throws {
    var entities = Catalogue.standard.entities
    if let entity { entities = [try RecordArgument.entity(entity).definition] }
    if json {
      let document: JSONText = ["entities": .list(entities.map(RecordDocument.entity))]
      return Terminal.output.line(document.text)
    }
    for (index, entity) in entities.enumerated() {
      if index > 0 { Terminal.output.line() }
      Terminal.output.lines(
        Self.lines(entity, width: Terminal.output.width, colour: Terminal.output.usesColour))
    }
  }

  static func lines(_ entity: EntityDefinition, width: Int?, colour: Bool) -> [String] {
    var table = Table("FIELD", "TYPE", "RULES", "MEANING")
    for field in entity.fields {
      table.add(
        .init(field.name), .init(field.type.name), .init(rules(field, of: entity)), .init(field.about))
    }
    return [Style.bold.apply(entity.name, colour: colour) + "  " + entity.about]
      + table.lines(width: width, colour: colour).map { "  " + $0 }
  }

  /// "required, unique".
  static func rules(_ field: FieldDefinition, of entity: EntityDefinition) -> String {
    [field.isRequired ? "required" : "", entity.isUnique(field) ? "unique" : ""].filter { !$0.isEmpty }
      .joined(separator: ", ")
  }
}
