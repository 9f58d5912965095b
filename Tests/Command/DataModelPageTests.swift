import DataModel
import Foundation
import TestSupport
import Testing

@testable import bulkhead

/// The data model in the documents is the data model of the program. `UPDATE_GOLDEN=1` writes it anew.
@Suite("Data model in the documents")
struct DataModelPageTests {
  static let begin = "<!-- The model: made by the tests from Sources/DataModel/Catalogue. -->\n"
  static let end = "<!-- End of the model. -->\n"

  @Test(
    "entities, fields, types and rules are those of the program",
    arguments: ["Documentation/DataModel.md", "PluginSDK/README.md"])
  func page(file: String) throws {
    let path = PackageRoot.path + "/" + file
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let start = try #require(text.range(of: Self.begin), "\(file) has no place for the model").upperBound
    let stop = try #require(text.range(of: Self.end)).lowerBound
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      let new = text[..<start] + Self.model + text[stop...]
      try String(new).write(toFile: path, atomically: true, encoding: .utf8)
      return
    }
    #expect(text[start..<stop] == Self.model, "run the tests with UPDATE_GOLDEN=1 if this is wanted")
  }

  @Test("every entity and field says what it means, and the key of each is required")
  func described() {
    for entity in Catalogue.standard.entities {
      #expect(!entity.about.isEmpty, "\(entity.name)")
      #expect(entity.fields.contains { entity.isUnique($0) && $0.isRequired }, "\(entity.name)")
      for field in entity.fields { #expect(!field.about.isEmpty, "\(entity.name).\(field.name)") }
    }
  }

  private static let model =
    Catalogue.standard.entities.map { entity in
      let rows = entity.fields.map { field in
        let rules = RecordsModelCommand.rules(field, of: entity)
        return "| `\(field.name)` | \(field.type.name) | \(rules) | \(field.about) |\n"
      }
      return
        "\n**`\(entity.name)`**: \(entity.about)\n\n| Field | Type | Rules | Meaning |\n|---|---|---|---|\n"
        + rows.joined()
    }.joined() + "\n"
}
