import DataModel
import Foundation
import TestSupport
import Testing

/// `PluginSDK/manifest.schema.json`, which editors read, against the parser, which decides.
@Suite("Schema of the manifest")
struct ManifestSchemaTests {
  private let schema: JSONValue
  private let validator: SchemaValidator

  /// What the parser checks and a schema cannot say: that the value fits the schema that it stands in.
  private static let beyondSchema: Set = ["default", "enum", "const", "required"]

  init() throws {
    let text = try String(contentsOfFile: Sample.root + "/PluginSDK/manifest.schema.json", encoding: .utf8)
    schema = try JSONValue(parsing: text)
    validator = SchemaValidator(schema)
  }

  @Test("it has the members and keywords that the parser has, and no others")
  func keywords() {
    let action = schema["$defs"]?["action"]
    #expect(names(schema["properties"]) == Manifest.known)
    #expect(names(action?["properties"]) == ManifestAction.known)
    #expect(names(schema["$defs"]?["reconcile"]?["properties"]) == ManifestReconcile.known)
    let keywords = ParameterSchema.onlyFor.values.reduce(ParameterSchema.everywhere) { $0.union($1) }
    #expect(names(schema["$defs"]?["anySchema"]?["properties"]) == keywords)
    #expect(texts(action?["properties"]?["repeat"]?["enum"]) == Set(RepeatRule.allCases.map(\.name)))
    let properties = schema["$defs"]?["anySchema"]?["properties"]
    #expect(texts(properties?["format"]?["enum"]) == Set(TextFormat.allCases.map(\.rawValue)))
    let types = ParameterSchema.ValueType.allCases.filter { $0 != .any }.map(\.rawValue)
    #expect(texts(properties?["type"]?["enum"]) == Set(types))
  }

  @Test("each keyword beside each type, with every kind of value, is judged as the parser judges it")
  func matrix() {
    let keywords = ParameterSchema.onlyFor.values.reduce(ParameterSchema.everywhere) { $0.union($1) }
    var tried = 0
    for type in ParameterSchema.ValueType.allCases {
      for keyword in keywords.union(["anyOf"]).sorted() {
        let long =
          ["title", "description", "pattern"].contains(keyword) && type == .string ? Self.longTexts : []
        for value in Self.values + Self.fitting(keyword) + long {
          var members: [String: JSONValue] = type == .any ? [:] : ["type": .string(type.rawValue)]
          members[keyword] = value
          for place in ["parameters", "result"] {
            compare(manifest(action: [place: .object(members)]), isLoose: Self.beyondSchema.contains(keyword))
            tried += 1
          }
        }
      }
    }
    #expect(tried > 3000)
  }

  @Test("each member of the manifest and of an action, with every kind of value, is judged alike")
  func members() {
    for name in Manifest.known.union(["titel"]).sorted() {
      for value in Self.values + Self.names + Self.longTexts { compare(manifest([name: value])) }
      var without = manifest([:]).objectValue ?? [:]
      without[name] = nil
      compare(.object(without))
    }
    for name in ManifestAction.known.union(["titel"]).sorted() {
      for value in Self.values + Self.names + Self.longTexts { compare(manifest(action: [name: value])) }
    }
    for name in ["built", "min_host", "max_host"] {
      for value in Self.values where value.integerValue.map({ $0 < 2 }) ?? true {
        let abi = ["built": JSONValue.int(1)].merging([name: value]) { $1 }
        compare(manifest(["abi": .object(abi)]))
      }
    }
    for name in Self.names {
      guard let text = name.stringValue else { continue }
      let parameters: JSONValue = .object(["properties": .object([text: .object([:])])])
      compare(manifest(action: ["parameters": parameters]))
    }
  }

  @Test("each member of a reconcile entry, with every kind of value, is judged alike")
  func reconcile() {
    let go = JSONValue.object(["name": .string("go")])
    let members: [String: JSONValue] = [
      "name": .string("ask"), "kind": .string("reconcile"), "reconciles": .array([.string("go")]),
    ]
    for name in ManifestReconcile.known.union(["repeat", "parameters", "titel"]).sorted() {
      for value in Self.values + Self.names + Self.longTexts {
        let entry = JSONValue.object(members.merging([name: value]) { $1 })
        // That the actions are there is more than a schema can say.
        compare(manifest(["actions": .array([go, entry])]), isLoose: name == "reconciles")
      }
      var without = members
      without[name] = nil
      compare(manifest(["actions": .array([.object(without), go])]))
    }
    compare(manifest(["actions": .array([.object(members)])]))
    #expect(validator.problems(manifest(["actions": .array([go, .object(members)])])).isEmpty)
  }

  @Test("the manifests of the samples and templates fit")
  func samples() throws {
    let files = (FileManager.default.subpaths(atPath: Sample.root + "/PluginSDK/template") ?? []).filter {
      $0.hasSuffix("manifest.json")
    }
    var texts = try files.map {
      try String(contentsOfFile: Sample.root + "/PluginSDK/template/" + $0, encoding: .utf8)
    }
    texts += try ManifestNote.texts(in: try Sample.checksum()) + ManifestNote.texts(in: try Sample.witness())
    #expect(texts.count >= 3)
    for text in texts {
      #expect(validator.problems(try JSONValue(parsing: text)).isEmpty)
      #expect(throws: Never.self) { try Manifest(text: text) }
    }
  }

  @Test("bad manifests do not fit")
  func bad() {
    #expect(validator.problems(.object([:])).count == 1)
    #expect(!validator.problems(manifest(["id": .string("Upper")])).isEmpty)
    #expect(!validator.problems(manifest(["actions": .array([])])).isEmpty)
    #expect(!validator.problems(manifest(action: ["parameters": .object(["minLength": .int(1)])])).isEmpty)
    #expect(validator.problems(manifest([:])).isEmpty)
  }

  /// Both take it or both refuse it; `isLoose`: the schema may take what the parser refuses.
  private func compare(_ manifest: JSONValue, isLoose: Bool = false) {
    let problems = validator.problems(manifest)
    do throws(ManifestError) {
      _ = try Manifest(manifest)
      #expect(problems.isEmpty, "the parser takes \(manifest.text)")
    } catch {
      #expect(isLoose || !problems.isEmpty, "the parser says \(error) of \(manifest.text)")
    }
  }

  private func manifest(_ members: [String: JSONValue] = [:], action: [String: JSONValue] = [:]) -> JSONValue
  {
    let action = ["name": JSONValue.string("go")].merging(action) { $1 }
    let base: [String: JSONValue] = [
      "id": .string("a"), "version": .string("1"), "abi": .object(["built": .int(1)]),
      "actions": .array([.object(action)]),
    ]
    return .object(base.merging(members) { $1 })
  }

  private static let values: [JSONValue] = [
    .null, .bool(true), .int(0), .int(1), .int(-1), .int(2_000_000), .int(4_000_000_000_000), .real(1.5),
    .real(2.0),
    .string(""), .string("x"), .string("object"), .string("date"), .string("steps"), .string("a\u{0}b"),
    .array([]), .array([.string("a")]), .array([.string("a"), .string("a")]), .array([.string("")]),
    .array([.int(1)]), .object([:]), .object(["type": .string("string")]), .object(["a": .object([:])]),
    .object(["a": .object(["x": .int(1)])]), .object(["1a": .object([:])]),
  ]

  /// One more than each limit.
  private static let longTexts: [JSONValue] = [65, 129, 1001, 4097, 65537].map {
    .string(String(repeating: "x", count: $0))
  }

  private static let names: [JSONValue] = [
    "a", "A", "a-b", "a_b", "a.b", "1a", "-a", "_a", "a b", "ä", "a/b", "1.0.0", "a\n", " ",
    "never", "idempotent", "action", "webhook",
  ].map { .string($0) }

  /// Values that a keyword takes.
  private static func fitting(_ keyword: String) -> [JSONValue] {
    switch keyword {
    case "type": ParameterSchema.ValueType.allCases.map { .string($0.rawValue) }
    case "format": TextFormat.allCases.map { .string($0.rawValue) }
    case "pattern": [.string("^[a-z]+$")]
    default: []
    }
  }

  private func names(_ value: JSONValue?) -> Set<String> { Set(value?.objectValue?.keys.map(\.self) ?? []) }
  private func texts(_ value: JSONValue?) -> Set<String> {
    Set(value?.arrayValue?.compactMap(\.stringValue) ?? [])
  }
}
