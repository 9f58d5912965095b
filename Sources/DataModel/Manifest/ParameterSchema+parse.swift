extension ParameterSchema {
  /// Keywords that go with every type.
  package static let everywhere: Set<String> = [
    "type", "enum", "const", "default", "title", "description", "x-bulkhead-options",
  ]
  /// Keywords that go with one type.
  package static let onlyFor: [ValueType: Set<String>] = [
    .object: ["properties", "required", "additionalProperties"],
    .array: ["items", "minItems", "maxItems"],
    .string: ["minLength", "maxLength", "pattern", "format"],
    .integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
    .number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  ]
  private static let known = onlyFor.values.reduce(everywhere) { $0.union($1) }

  /// Reads a schema. `path` is where it stands in the manifest, for messages.
  package init(_ json: JSONValue, path: String = "") throws(ManifestError) {
    let fields = try JSONFields(json, path: path, known: Self.known)
    type = try Self.type(fields)
    source = json
    let fitting = Self.everywhere.union(Self.onlyFor[type] ?? [])
    for keyword in fields.members.keys.sorted() where !fitting.contains(keyword) {
      let types = ValueType.allCases.filter { Self.onlyFor[$0]?.contains(keyword) == true }
      let names = types.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
      throw fields.error(keyword, "goes with \"type\": \(names) only")
    }
    title = try fields.text("title")
    description = try fields.text("description", limit: 1 << 16)
    options = fields.members["x-bulkhead-options"]
    switch type {
    case .object: try readObject(fields)
    case .array: try readArray(fields)
    case .string: try readString(fields)
    case .integer, .number: try readNumber(fields)
    case .any, .null, .boolean: break
    }
    try readValues(fields)
  }

  /// Reads the schema of an action's parameters: always an object, `{}` is one without members.
  package init(parameters json: JSONValue, path: String) throws(ManifestError) {
    var members = json.objectValue ?? [:]
    if json.objectValue != nil, members["type"] == nil { members["type"] = .string("object") }
    try self.init(json.objectValue == nil ? json : .object(members), path: path)
    guard type == .object else {
      throw ManifestError(path: path + ".type", "parameters are an \"object\", not \"\(type.rawValue)\"")
    }
  }

  private static func type(_ fields: JSONFields) throws(ManifestError) -> ValueType {
    guard let value = fields.members["type"] else {
      for (type, keywords) in onlyFor.sorted(by: { $0.key.rawValue < $1.key.rawValue })
      where !keywords.isDisjoint(with: fields.members.keys) {
        throw fields.error("type", "is missing; \"\(type.rawValue)\" is probably meant")
      }
      return .any
    }
    let names = ValueType.allCases.filter { $0 != .any }.map(\.rawValue)
    guard let name = value.stringValue else {
      throw fields.error("type", "expected one of \(names.joined(separator: ", ")), found \(value.kindName)")
    }
    guard let type = ValueType(rawValue: name), type != .any else {
      throw fields.error("type", "there is no type \"\(name)\"\(EditDistance.hint(for: name, among: names))")
    }
    return type
  }

  private mutating func readObject(_ fields: JSONFields) throws(ManifestError) {
    if let value = fields.members["properties"] {
      guard let members = value.objectValue else {
        throw fields.error("properties", "expected an object, found \(value.kindName)")
      }
      for (name, schema) in members.sorted(by: { $0.key < $1.key }) {
        let path = fields.path(of: "properties.\(name)")
        guard Names.isPropertyName(name) else {
          throw ManifestError(
            path: path, "a name has to begin with a letter or '_' and go on with letters, digits, '_' or '-'")
        }
        properties[name] = try ParameterSchema(schema, path: path)
      }
    }
    allowsOthers = try fields.bool("additionalProperties") ?? false
    required = try fields.names("required") ?? []
    for name in required where properties[name] == nil && !allowsOthers {
      throw fields.error(
        "required",
        "\"\(name)\" is not in \"properties\"\(EditDistance.hint(for: name, among: properties.keys))")
    }
  }

  private mutating func readArray(_ fields: JSONFields) throws(ManifestError) {
    if let value = fields.members["items"] {
      items = .each(try ParameterSchema(value, path: fields.path(of: "items")))
    }
    itemCount = try Self.counts(fields, "minItems", "maxItems")
  }

  private mutating func readString(_ fields: JSONFields) throws(ManifestError) {
    length = try Self.counts(fields, "minLength", "maxLength")
    if let text = try fields.text("pattern", limit: 1000) {
      guard TextPattern.isValid(text) else {
        throw fields.error("pattern", "\"\(text)\" is not a regular expression")
      }
      pattern = text
    }
    if let name = try fields.text("format") {
      guard let known = TextFormat(rawValue: name) else {
        let names = TextFormat.allCases.map(\.rawValue)
        throw fields.error(
          "format", "this host does not know \"\(name)\"\(EditDistance.hint(for: name, among: names))")
      }
      format = known
    }
  }

  private mutating func readNumber(_ fields: JSONFields) throws(ManifestError) {
    minimum = try fields.number("minimum")
    maximum = try fields.number("maximum")
    exclusiveMinimum = try fields.number("exclusiveMinimum")
    exclusiveMaximum = try fields.number("exclusiveMaximum")
    if let minimum, let maximum, NumberOrder.isLess(maximum, minimum) {
      throw fields.error("maximum", "\(maximum.text) is less than \"minimum\", which is \(minimum.text)")
    }
  }

  private static func counts(
    _ fields: JSONFields, _ least: String, _ most: String
  ) throws(ManifestError) -> CountRule {
    let rule = CountRule(
      minimum: try fields.integer(least, 0...Int64.max), maximum: try fields.integer(most, 0...Int64.max))
    if let minimum = rule.minimum, let maximum = rule.maximum, maximum < minimum {
      throw fields.error(most, "\(maximum) is less than \"\(least)\", which is \(minimum)")
    }
    return rule
  }

  /// Values inside the schema have to fit the schema itself.
  private mutating func readValues(_ fields: JSONFields) throws(ManifestError) {
    if let listed = try fields.array("enum") {
      guard !listed.isEmpty else { throw fields.error("enum", "has to list one value at least") }
      for (index, value) in listed.enumerated() {
        try fits(value, fields, "enum[\(index)]")
        guard !listed[..<index].contains(value) else {
          throw fields.error("enum[\(index)]", "\(value.text) is given twice")
        }
      }
      choices = listed
    }
    if let value = fields.members["const"] {
      try fits(value, fields, "const")
      constant = value
    }
    if let value = fields.members["default"] {
      try fits(value, fields, "default")
      defaultValue = value
    }
  }

  private func fits(_ value: JSONValue, _ fields: JSONFields, _ name: String) throws(ManifestError) {
    guard let problem = check(value).problems.first else { return }
    throw fields.error(name + (problem.path.isEmpty ? "" : "." + problem.path), problem.message)
  }
}
