import DataModel
import Foundation
import Testing

@testable import PluginCheck

@Suite("Parameters that are made up")
struct ParameterTests {
  private func schema(_ properties: String, required: String = "[]") throws -> ParameterSchema {
    try ParameterSchema(
      parameters: JSONValue(parsing: #"{"properties":\#(properties),"required":\#(required)}"#),
      path: "parameters")
  }

  private func withMaker<R>(_ body: (ParameterMaker) throws -> R) throws -> R {
    let scratch = try #require(ScratchFolder())
    defer { scratch.remove() }
    return try body(ParameterMaker(scratch: scratch))
  }

  private static let rich = #"""
    {"path": {"type": "string", "pattern": "^/", "maxLength": 4095},
     "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$"},
     "count": {"type": "integer", "minimum": 3, "maximum": 9},
     "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
     "day": {"type": "string", "format": "date"},
     "mode": {"type": "string", "enum": ["slow", "fast"]},
     "dry": {"type": "boolean"},
     "tags": {"type": "array", "items": {"type": "string", "minLength": 2}, "minItems": 1, "maxItems": 4},
     "disk": {"type": "object", "properties": {"size": {"type": "integer", "minimum": 1}}, "required": ["size"]}}
    """#
  private static let all = #"["path","name","count","share","day","mode","dry","tags","disk"]"#

  @Test("what is required gets the plainest value that fits")
  func base() throws {
    try withMaker { maker in
      let base = try maker.base(try schema(Self.rich, required: Self.all))
      #expect(base["path"]?.stringValue == maker.scratch.tree)
      #expect(base["count"] == .int(3))
      #expect(base["mode"] == .string("slow"))
      #expect(base["disk"]?["size"] == .int(1))
      #expect(base["tags"]?.arrayValue?.count == 1)
    }
  }

  @Test("given values go before made-up ones; what is not required is left out, defaults are taken")
  func given() throws {
    try withMaker { maker in
      let schema = try schema(
        #"{"a": {"type": "integer"}, "b": {"type": "integer", "default": 7}, "c": {"type": "integer"}}"#,
        required: #"["a"]"#)
      let base = try maker.base(schema, given: .object(["a": .int(50)]))
      #expect(base == .object(["a": .int(50), "b": .int(7)]))
    }
  }

  @Test("a value that cannot be made up is named")
  func impossible() throws {
    try withMaker { maker in
      let schema = try schema(
        #"{"id": {"type": "string", "pattern": "^[Q-Z]{7}![0-9]{9}$"}}"#, required: #"["id"]"#)
      #expect { try maker.base(schema) } throws: { ($0 as? ParameterProblem)?.path == "id" }
    }
  }

  @Test("every valid variant fits the schema, and every invalid one does not")
  func variants() throws {
    try withMaker { maker in
      let schema = try schema(Self.rich, required: Self.all)
      let variants = ParameterVariants(schema, base: try maker.base(schema), maker, seed: 3)
      #expect(variants.valid.count > 30 && variants.invalid.count > 30)
      for variant in variants.valid {
        #expect(schema.check(try JSONValue(parsing: variant.text)).problems.isEmpty, "\(variant.label)")
      }
      for variant in variants.invalid {
        #expect(!schema.check(try JSONValue(parsing: variant.text)).problems.isEmpty, "\(variant.label)")
      }
      #expect(Set(variants.valid.map(\.text)).count == variants.valid.count, "one is tried twice")
    }
  }

  @Test("what looks like a path never leaves the temporary folder")
  func paths() throws {
    try withMaker { maker in
      let schema = try schema(
        #"""
        {"path": {"type": "string"}, "source_files": {"type": "array", "items": {"type": "string"}},
         "to": {"type": "string", "pattern": "^/"}, "box": {"type": "object", "properties": {"dir": {"type": "string"}}}}
        """#, required: #"["path", "to", "source_files", "box"]"#)
      let variants = ParameterVariants(schema, base: try maker.base(schema), maker, seed: 3)
      for variant in variants.valid {
        let value = try JSONValue(parsing: variant.text)
        let texts =
          [value["path"], value["to"], value["box"]?["dir"]].compactMap { $0?.stringValue }
          + (value["source_files"]?.arrayValue ?? []).compactMap(\.stringValue)
        #expect(texts.allSatisfy { $0.hasPrefix(maker.scratch.path + "/") }, "\(variant.label): \(texts)")
      }
    }
  }

  @Test("the same seed gives the same variants, another one other mixtures")
  func seeds() throws {
    try withMaker { maker in
      let schema = try schema(Self.rich, required: Self.all)
      let base = try maker.base(schema)
      func texts(_ seed: UInt64) -> [Variant] {
        ParameterVariants(schema, base: base, maker, seed: seed).valid
      }
      #expect(texts(1) == texts(1))
      #expect(texts(1) != texts(2))
    }
  }

  @Test("a slow action is tried with whole numbers at their minimum, but not those that were given")
  func smaller() throws {
    let schema = try schema(
      #"{"n": {"type": "integer", "minimum": 1, "default": 900}, "m": {"type": "integer", "minimum": 2}}"#)
    let base = JSONValue.object(["n": .int(900), "m": .int(50)])
    let given = JSONValue.object(["m": .int(50)])
    #expect(Laboratory.smaller(base, schema, except: given) == .object(["n": .int(1), "m": .int(50)]))
  }

  @Test("the temporary folder is gone afterwards")
  func removed() throws {
    let scratch = try #require(ScratchFolder())
    #expect(FileManager.default.fileExists(atPath: scratch.tree + "/deep/large.bin"))
    scratch.remove()
    #expect(!FileManager.default.fileExists(atPath: scratch.path))
  }
}
