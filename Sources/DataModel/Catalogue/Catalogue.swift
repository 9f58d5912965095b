/// The type of a field's values.
package enum FieldType: Sendable, Equatable {
  case bool
  case int
  case real
  case string
  /// Milliseconds since 1970-01-01 UTC.
  case instant
  /// The id of a record of that entity.
  case ref(String)
}

/// One field of an entity.
package struct FieldDefinition: Sendable, Equatable {
  package let name: String
  package let type: FieldType
  package let isRequired: Bool
  /// Records are looked for by it: the stores keep an index. Others are found too, by reading every record.
  package let isSearchable: Bool
  /// What it means, for people.
  package let about: String

  package init(
    _ name: String, _ type: FieldType, required: Bool = false, searchable: Bool = false, about: String = ""
  ) {
    self.name = name
    self.type = type
    self.isRequired = required
    isSearchable = searchable
    self.about = about
  }
}

/// One entity: its fields in order and the field that names a record naturally. A field's id is its place
/// in `fields` plus one; fields are only ever added at the end.
package struct EntityDefinition: Sendable, Equatable {
  package let name: String
  package let naturalKey: String
  package let fields: [FieldDefinition]
  /// What a record of it stands for, for people.
  package let about: String

  package init(
    _ name: String, key naturalKey: String, about: String = "", _ fields: [FieldDefinition]
  ) {
    self.name = name
    self.naturalKey = naturalKey
    self.fields = fields
    self.about = about
  }
}

/// The single source of the data model: tables, facade ids and documentation are derived from it.
package struct Catalogue: Sendable {
  /// An entity's id is its place here plus one; entities are only ever added at the end.
  package let entities: [EntityDefinition]

  package init(_ entities: [EntityDefinition]) { self.entities = entities }

  package func entityID(named name: String) -> UInt32? {
    entities.firstIndex { $0.name == name }.map { UInt32($0) + 1 }
  }

  package func entity(_ id: UInt32) -> EntityDefinition? {
    id >= 1 && id <= entities.count ? entities[Int(id) - 1] : nil
  }

  package func fieldID(entity: UInt32, named name: String) -> UInt32? {
    self.entity(entity)?.fields.firstIndex { $0.name == name }.map { UInt32($0) + 1 }
  }

  package func field(entity: UInt32, _ id: UInt32) -> FieldDefinition? {
    guard let definition = self.entity(entity), id >= 1, id <= definition.fields.count else { return nil }
    return definition.fields[Int(id) - 1]
  }
}
