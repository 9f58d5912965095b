import ArgumentParser
import DataModel
import JobEngine

/// Names of the data model and values of its fields on the command line.
enum RecordArgument {
  static let entity = ArgumentHelp(
    "An entity's name, such as server; `bulkhead records model` lists them.", valueName: "entity")
  static let entityNames = CompletionKind.list(Catalogue.standard.entityNames)

  /// The entity's number and definition; not found names those that there are.
  static func entity(_ name: String) throws(EngineError) -> (id: UInt32, definition: EntityDefinition) {
    let catalogue = Catalogue.standard
    guard let id = catalogue.entityID(named: name), let definition = catalogue.entity(id) else {
      throw EngineError(.notFound, catalogue.noEntity(name), cure: "see `bulkhead records model`")
    }
    return (id, definition)
  }

  /// `field=value` of an entity. Nothing behind the sign: the field is not set.
  static func match(
    _ text: String, of entity: (id: UInt32, definition: EntityDefinition)
  ) throws(EngineError) -> FieldAssignment {
    guard let sign = text.firstIndex(of: "=") else {
      throw wrong("--where \"\(text)\" has no value", cure: "write --where field=value")
    }
    let name = String(text[..<sign])
    let catalogue = Catalogue.standard
    guard let id = catalogue.fieldID(entity: entity.id, named: name),
      let field = catalogue.field(entity: entity.id, id)
    else {
      throw wrong(
        entity.definition.noField(name), cure: "see `bulkhead records model \(entity.definition.name)`")
    }
    let word = String(text[text.index(after: sign)...])
    guard let value = value(word, field.type) else {
      throw wrong(
        "\(entity.definition.name).\(name) is of type \(field.type.name), and \"\(word)\" is none",
        cure: form(field.type))
    }
    return FieldAssignment(field: id, value: value)
  }

  private static func wrong(_ message: String, cure: String) -> EngineError {
    EngineError(.invalidParameters, message, cure: cure)
  }

  private static func value(_ word: String, _ type: FieldType) -> FieldValue? {
    if word.isEmpty { return .null }
    return switch type {
    case .bool: word == "true" ? .bool(true) : word == "false" ? .bool(false) : nil
    case .int: Int64(word).map { .int($0) }
    case .real: Double(word).flatMap { $0.isFinite ? .real($0) : nil }
    case .string: .string(word)
    case .instant: Int64(word).map { .instant($0) }
    case .ref: Int64(word).map { .ref($0) }
    }
  }

  private static func form(_ type: FieldType) -> String {
    switch type {
    case .bool: "write true or false"
    case .int: "write a whole number"
    case .real: "write a number"
    case .string: "write a text"
    case .instant: "write milliseconds since 1970-01-01 UTC"
    case .ref: "write the id of the record it refers to"
    }
  }
}
