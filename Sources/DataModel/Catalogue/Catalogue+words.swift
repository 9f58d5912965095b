/// The data model in words: names of types, and what a name that is not in it was probably meant to be.
extension FieldType {
  /// "int", "reference to environment".
  package var name: String {
    switch self {
    case .bool: "bool"
    case .int: "int"
    case .real: "real"
    case .string: "string"
    case .instant: "instant"
    case .ref(let entity): "reference to " + entity
    }
  }
}

extension FieldValue {
  /// The value as an error's text shows it.
  package var shown: String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .int(let value), .instant(let value), .ref(let value): String(value)
    case .real(let value): String(value)
    case .string(let value): "\"" + value.prefix(80) + "\""
    }
  }

  /// "int", "reference".
  package var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "bool"
    case .int: "int"
    case .real: "real"
    case .string: "string"
    case .instant: "instant"
    case .ref: "reference"
    }
  }
}

extension Catalogue {
  package var entityNames: [String] { entities.map(\.name) }

  /// `there is no entity "handlers"; did you mean "resource_handler"? There are: …`
  package func noEntity(_ name: String) -> String {
    "there is no entity \"\(name)\"" + Self.guess(name, entityNames)
      + " There are: \(entityNames.joined(separator: ", "))"
  }

  /// The sentence `noEntity` for a number that no entity has.
  package func noEntity(_ id: UInt32) -> String {
    "there is no entity number \(id); resolve its name first: \(entityNames.joined(separator: ", "))"
  }

  private static func guess(_ name: String, _ known: [String]) -> String {
    near(name, among: known).map { "; did you mean \"\($0)\"?" } ?? "."
  }

  /// The known name that was probably meant: near by its letters, or one of which it is a part, also as a plural.
  package static func near(_ name: String, among known: [String]) -> String? {
    let name = name.lowercased()
    if let near = EditDistance.nearest(to: name, among: known) { return near }
    let part = name.hasSuffix("s") ? String(name.dropLast()) : name
    guard part.utf8.count >= 3 else { return nil }
    return known.filter { $0.contains(part) || part.contains($0) }.min { $0.count < $1.count }
  }
}

extension EntityDefinition {
  package var fieldNames: [String] { fields.map(\.name) }

  /// Whether a second record with the same value in that field is refused.
  package func isUnique(_ field: FieldDefinition) -> Bool { field.name == naturalKey }

  /// `server has no field "colour"; did you mean …? It has: …`
  package func noField(_ name: String) -> String {
    "\(self.name) has no field \"\(name)\""
      + (Catalogue.near(name, among: fieldNames).map { "; did you mean \"\($0)\"?" } ?? ".")
      + " It has: \(fieldNames.joined(separator: ", "))"
  }

  package func noField(_ id: UInt32) -> String {
    "\(name) has no field number \(id); resolve its name first: \(fieldNames.joined(separator: ", "))"
  }

  /// `server.cpus is of type int, and the value is a string`. `given` is a type's name.
  package func mismatch(_ field: FieldDefinition, given: String) -> String {
    "\(name).\(field.name) is of type \(field.type.name), and the value is \(Words.withArticle(given))"
  }
}

/// English.
package enum Words {
  /// "an int", "a string".
  package static func withArticle(_ noun: String) -> String {
    let isVowel = noun.first.map { "aeiou".contains($0) } ?? false
    return (isVowel ? "an " : "a ") + noun
  }
}
