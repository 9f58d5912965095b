import DataModel

/// As much of JSON Schema 2020-12 as `manifest.schema.json` uses. A keyword that it does not have stops the test, so
/// that no rule of the schema is passed over.
struct SchemaValidator {
  private let root: JSONValue

  init(_ schema: JSONValue) { root = schema }

  /// The places and rules that a value breaks; empty when it fits.
  func problems(_ value: JSONValue) -> [String] { problems(value, root, "") }

  private func problems(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
    guard let rules = schema.objectValue else { return ["\(path): no schema: \(schema.text)"] }
    return rules.sorted { $0.key < $1.key }.flatMap { keyword, rule -> [String] in
      broken(value, keyword, rule, rules, path).map { [$0] } ?? inner(value, keyword, rule, rules, path)
    }
  }

  /// Rules about the value itself.
  private func broken(
    _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ rules: [String: JSONValue], _ path: String
  ) -> String? {
    let isRight: Bool
    switch keyword {
    case "type": isRight = fits(value, rule.stringValue ?? "")
    case "enum": isRight = rule.arrayValue?.contains(value) == true
    case "const": isRight = rule == value
    case "pattern": isRight = value.stringValue.map { matches($0, rule.stringValue ?? "") } ?? true
    case "minLength": isRight = value.stringValue.map { $0.unicodeScalars.count >= count(rule) } ?? true
    case "maxLength": isRight = value.stringValue.map { $0.unicodeScalars.count <= count(rule) } ?? true
    case "minimum": isRight = value.realValue.map { $0 >= rule.realValue ?? 0 } ?? true
    case "maximum": isRight = value.realValue.map { $0 <= rule.realValue ?? 0 } ?? true
    case "minItems": isRight = value.arrayValue.map { $0.count >= count(rule) } ?? true
    case "maxItems": isRight = value.arrayValue.map { $0.count <= count(rule) } ?? true
    case "uniqueItems":
      isRight = value.arrayValue.map { all in !all.indices.contains { all[..<$0].contains(all[$0]) } } ?? true
    case "required":
      isRight =
        value.objectValue.map { members in
          (rule.arrayValue ?? []).allSatisfy { members[$0.stringValue ?? ""] != nil }
        } ?? true
    case "not": isRight = !problems(value, rule, path).isEmpty
    case "contains":
      isRight = value.arrayValue.map { $0.contains { problems($0, rule, path).isEmpty } } ?? true
    case "anyOf": isRight = (rule.arrayValue ?? []).contains { problems(value, $0, path).isEmpty }
    default: return nil
    }
    return isRight ? nil : "\(path): \(keyword) \(rule.text)"
  }

  /// Rules that lead to other schemas.
  private func inner(
    _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ rules: [String: JSONValue], _ path: String
  ) -> [String] {
    switch keyword {
    case "$ref": return problems(value, definition(rule.stringValue ?? ""), path)
    case "allOf": return (rule.arrayValue ?? []).flatMap { problems(value, $0, path) }
    case "if":
      let branch = problems(value, rule, path).isEmpty ? rules["then"] : rules["else"]
      return branch.map { problems(value, $0, path) } ?? []
    case "properties":
      return (value.objectValue ?? [:]).flatMap { name, member in
        rule[name].map { problems(member, $0, "\(path).\(name)") } ?? []
      }
    case "additionalProperties":
      let named = rules["properties"]?.objectValue ?? [:]
      return (value.objectValue ?? [:]).filter { named[$0.key] == nil }.flatMap { name, member in
        rule == .bool(false) ? ["\(path).\(name): unknown"] : problems(member, rule, "\(path).\(name)")
      }
    case "propertyNames":
      return (value.objectValue ?? [:]).keys.flatMap { problems(.string($0), rule, "\(path).\($0)") }
    case "items":
      return (value.arrayValue ?? []).enumerated().flatMap { problems($1, rule, "\(path)[\($0)]") }
    case "then", "else", "title", "description", "default", "$schema", "$comment", "$defs": return []
    case "type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems",
      "maxItems",
      "uniqueItems", "required", "not", "anyOf", "contains":
      return []
    default: return ["\(path): the validator of this test does not have \(keyword)"]
    }
  }

  private func definition(_ reference: String) -> JSONValue {
    let names = reference.split(separator: "/").dropFirst()
    return names.reduce(root) { $0[String($1)] ?? .null }
  }

  private func fits(_ value: JSONValue, _ type: String) -> Bool {
    switch type {
    case "null": value == .null
    case "boolean": value.boolValue != nil
    case "integer": value.integerValue != nil
    case "number": value.realValue != nil
    case "string": value.stringValue != nil
    case "array": value.arrayValue != nil
    case "object": value.objectValue != nil
    default: false
    }
  }

  private func matches(_ text: String, _ pattern: String) -> Bool {
    guard let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return false }
    return ((try? regex.firstMatch(in: text)) ?? nil) != nil
  }

  private func count(_ rule: JSONValue) -> Int { Int(rule.integerValue ?? 0) }
}
