import DataModel

/// A parameter schema as rows for people: one a field, nested ones by their path.
enum ParameterTable {
  struct Row: Equatable {
    var path: String
    var type: String
    var isRequired: Bool
    /// JSON text; empty when there is none.
    var defaultText: String
    var bounds: String
    var description: String
  }

  /// Required fields first, then by name.
  static func rows(_ schema: ParameterSchema, under path: String = "") -> [Row] {
    let required = Set(schema.required)
    let names = schema.properties.keys.sorted {
      (required.contains($0) ? 0 : 1, $0) < (required.contains($1) ? 0 : 1, $1)
    }
    var rows = names.flatMap { name -> [Row] in
      guard let property = schema.properties[name] else { return [] }
      let own = path.isEmpty ? name : path + "." + name
      return [row(property, own, isRequired: required.contains(name))] + nested(property, own)
    }
    if schema.allowsOthers {
      let own = path.isEmpty ? "*" : path + ".*"
      rows.append(
        Row(
          path: own, type: "any", isRequired: false, defaultText: "", bounds: "",
          description: "further fields"))
    }
    return rows
  }

  static func table(_ rows: [Row]) -> Table {
    var table = Table("PARAMETER", "TYPE", "REQUIRED", "DEFAULT", "ALLOWED", "DESCRIPTION")
    for row in rows {
      table.add(
        .init(row.path), .init(row.type), .init(row.isRequired ? "yes" : "no"), .init(row.defaultText),
        .init(row.bounds), .init(row.description))
    }
    return table
  }

  private static func nested(_ schema: ParameterSchema, _ path: String) -> [Row] {
    switch schema.type {
    case .object: return rows(schema, under: path)
    case .array:
      guard case .each(let item) = schema.items, item.type == .object else { return [] }
      return rows(item, under: path + "[]")
    default: return []
    }
  }

  private static func row(_ schema: ParameterSchema, _ path: String, isRequired: Bool) -> Row {
    Row(
      path: path, type: typeName(schema), isRequired: isRequired,
      defaultText: schema.defaultValue?.text ?? "",
      bounds: bounds(schema).joined(separator: ", "),
      description: firstSentence(schema.description ?? schema.title ?? ""))
  }

  private static func typeName(_ schema: ParameterSchema) -> String {
    guard schema.type == .array else { return schema.type.rawValue }
    if case .each(let item) = schema.items { return "list of " + item.type.rawValue }
    return "list"
  }

  /// What a value has to keep to, in words.
  static func bounds(_ schema: ParameterSchema) -> [String] {
    var words: [String] = []
    if let constant = schema.constant { words.append("only " + constant.text) }
    if let choices = schema.choices { words.append("one of " + choices.map(\.text).joined(separator: " ")) }
    words += range(schema.minimum?.text, schema.maximum?.text, unit: "")
    if let limit = schema.exclusiveMinimum { words.append("more than " + limit.text) }
    if let limit = schema.exclusiveMaximum { words.append("less than " + limit.text) }
    words += range(
      schema.length.minimum.map { "\($0)" }, schema.length.maximum.map { "\($0)" }, unit: " characters")
    words += range(
      schema.itemCount.minimum.map { "\($0)" }, schema.itemCount.maximum.map { "\($0)" }, unit: " elements")
    if let format = schema.format { words.append(format.rawValue) }
    if let pattern = schema.pattern { words.append("matches " + pattern) }
    if case .each(let item) = schema.items { words += bounds(item).map { "each " + $0 } }
    return words
  }

  private static func range(_ low: String?, _ high: String?, unit: String) -> [String] {
    switch (low, high) {
    case (nil, nil): []
    case (let low?, nil): ["at least " + low + unit]
    case (nil, let high?): ["at most " + high + unit]
    case (let low?, let high?): [(low == high ? low : low + " to " + high) + unit]
    }
  }

  /// Tables have no room for more; `--json` gives all of it.
  private static func firstSentence(_ text: String) -> String {
    let line = text.split(separator: "\n").first.map(String.init) ?? ""
    guard let end = line.firstRange(of: ". ") else { return line }
    return String(line[..<end.lowerBound]) + "."
  }
}
