extension ParameterSchema {
  /// Turns `--param name=text` pairs into typed values over `base`. Dots reach into objects (`disk.size=20`),
  /// a list grows with each repetition or takes a whole JSON list, an object takes JSON text. The result is
  /// not checked: pass it to `check` when there are no problems.
  package func coerce(
    assignments: [(name: String, text: String)], over base: JSONValue = .object([:])
  ) -> (value: JSONValue, problems: [ParameterProblem]) {
    var value = base
    var problems: [ParameterProblem] = []
    var seen: Set<String> = []
    for (name, text) in assignments {
      let steps = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      let isFirst = seen.insert(name).inserted
      do {
        value = try set(steps[...], at: "", of: value, to: text, isFirst: isFirst)
      } catch {
        problems.append(error)
      }
    }
    return (value, problems)
  }

  private func set(
    _ steps: ArraySlice<String>, at path: String, of value: JSONValue, to text: String, isFirst: Bool
  ) throws(ParameterProblem) -> JSONValue {
    guard let name = steps.first else { return try typed(text, over: value, at: path, isFirst: isFirst) }
    let memberPath = path.isEmpty ? name : path + "." + name
    guard type == .object || type == .any else {
      throw ParameterProblem(path: path, message: "expected \(expectation), which has no part \"\(name)\"")
    }
    var member = ParameterSchema()
    if let known = properties[name] {
      member = known
    } else if type == .object, !allowsOthers {
      throw Self.unknown(memberPath, name, among: properties.keys)
    }
    var members = value.objectValue ?? [:]
    let old = members[name] ?? .null
    members[name] = try member.set(steps.dropFirst(), at: memberPath, of: old, to: text, isFirst: isFirst)
    return .object(members)
  }

  private func typed(
    _ text: String, over old: JSONValue, at path: String, isFirst: Bool
  ) throws(ParameterProblem) -> JSONValue {
    guard isFirst || type == .array else { throw ParameterProblem(path: path, message: "is given twice") }
    switch type {
    case .array: return try list(text, over: old, at: path, isFirst: isFirst)
    case .object:
      let value = json(text)
      guard let value, value.objectValue != nil else { throw expected(text, at: path) }
      return value
    default:
      guard let value = scalar(text) else { throw expected(text, at: path) }
      return value
    }
  }

  /// One scalar from its text; nil when it is none of the type.
  private func scalar(_ text: String) -> JSONValue? {
    switch type {
    case .string: return .string(text)
    case .integer: return Int64(text).map { .int($0) }
    case .number:
      let value = json(text)
      return value?.realValue == nil ? nil : value
    case .boolean: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .null: return text == "null" ? .null : nil
    case .any: return json(text) ?? .string(text)
    case .array, .object: return json(text)
    }
  }

  private func list(
    _ text: String, over old: JSONValue, at path: String, isFirst: Bool
  ) throws(ParameterProblem) -> JSONValue {
    if let whole = json(text), whole.arrayValue != nil {
      guard isFirst else { throw ParameterProblem(path: path, message: "is given twice") }
      return whole
    }
    var elements = isFirst ? [] : old.arrayValue ?? []
    var element = ParameterSchema()
    if case .each(let schema) = items { element = schema }
    guard let value = element.scalar(text) else {
      throw element.expected(text, at: "\(path)[\(elements.count)]")
    }
    elements.append(value)
    return .array(elements)
  }

  private func json(_ text: String) -> JSONValue? { try? JSONValue(parsing: text) }

  private func expected(_ text: String, at path: String) -> ParameterProblem {
    var shown = JSONValue.quoted(String(text.prefix(60)))
    if format == .password { shown = "a value that is not shown" }
    return ParameterProblem(path: path, message: "expected \(expectation), got \(shown)")
  }
}
