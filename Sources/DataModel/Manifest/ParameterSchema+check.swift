extension ParameterSchema {
  /// Problems that one check lists at most.
  static let problemLimit = 50

  /// The value with the defaults of the schema filled in, and what is wrong with it. With no problem the
  /// filled value fits. A member that is absent gets its own `default`; the defaults inside an absent object
  /// are not taken. Integers written as `4.0` become `4`.
  package func check(_ value: JSONValue) -> (filled: JSONValue, problems: [ParameterProblem]) {
    var problems: [ParameterProblem] = []
    let filled = check(value, at: "", &problems)
    return (filled, problems)
  }

  private func check(_ value: JSONValue, at path: String, _ problems: inout [ParameterProblem]) -> JSONValue {
    guard problems.count < Self.problemLimit else { return value }
    guard fitsType(value) else {
      problems.append(ParameterProblem(path: path, message: "expected \(expectation), got \(shown(value))"))
      return value
    }
    var filled = value
    switch value {
    case .object(let members): filled = .object(checkMembers(members, at: path, &problems))
    case .array(let elements): filled = .array(checkElements(elements, at: path, &problems))
    case .string(let text): problems += textProblems(text).map { ParameterProblem(path: path, message: $0) }
    case .int, .real:
      if type == .integer, let whole = value.integerValue { filled = .int(whole) }
      if let message = numberProblem(value) {
        problems.append(ParameterProblem(path: path, message: message))
      }
    case .null, .bool: break
    }
    if let message = choiceProblem(filled) { problems.append(ParameterProblem(path: path, message: message)) }
    return filled
  }

  private func fitsType(_ value: JSONValue) -> Bool {
    switch type {
    case .any: true
    case .null: value == .null
    case .boolean: value.boolValue != nil
    case .integer: value.integerValue != nil
    case .number: value.realValue != nil
    case .string: value.stringValue != nil
    case .array: value.arrayValue != nil
    case .object: value.objectValue != nil
    }
  }

  /// The type in words, for "expected …".
  var expectation: String {
    switch type {
    case .any: "any value"
    case .null: "null"
    case .boolean: "true or false"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  private func checkMembers(
    _ members: [String: JSONValue], at path: String, _ problems: inout [ParameterProblem]
  ) -> [String: JSONValue] {
    var filled = members
    for name in members.keys.sorted() {
      guard let value = members[name] else { continue }
      let memberPath = path.isEmpty ? name : path + "." + name
      if let schema = properties[name] {
        filled[name] = schema.check(value, at: memberPath, &problems)
      } else if type == .object, !allowsOthers {
        problems.append(Self.unknown(memberPath, name, among: properties.keys))
      }
    }
    for (name, schema) in properties where filled[name] == nil {
      guard let value = schema.defaultValue else { continue }
      filled[name] = schema.check(value).filled
    }
    for name in required where filled[name] == nil {
      problems.append(
        ParameterProblem(path: path.isEmpty ? name : path + "." + name, message: missing(name)))
    }
    return filled
  }

  static func unknown(
    _ path: String, _ name: String, among known: some Collection<String>
  ) -> ParameterProblem {
    ParameterProblem(
      path: path, message: "there is no such parameter\(EditDistance.hint(for: name, among: known))")
  }

  private func missing(_ name: String) -> String {
    guard let schema = properties[name], schema.type != .any else { return "is missing" }
    return "is missing; expected \(schema.expectation)"
  }

  private func checkElements(
    _ elements: [JSONValue], at path: String, _ problems: inout [ParameterProblem]
  ) -> [JSONValue] {
    if let message = Self.countProblem(Int64(elements.count), itemCount, "element") {
      problems.append(ParameterProblem(path: path, message: message))
    }
    guard case .each(let schema) = items else { return elements }
    var filled = elements
    for (index, element) in elements.enumerated() {
      filled[index] = schema.check(element, at: "\(path)[\(index)]", &problems)
    }
    return filled
  }

  private func textProblems(_ text: String) -> [String] {
    // Plug-ins in C see text as far as the first NUL: what is checked here has to be what they read.
    if text.unicodeScalars.contains("\0") { return ["must not contain a NUL character"] }
    var problems: [String] = []
    if let message = Self.countProblem(Int64(text.unicodeScalars.count), length, "character") {
      problems.append(message)
    }
    if let pattern, !TextPattern.matches(text, pattern) {
      problems.append("\(shown(.string(text))) does not match the pattern \(pattern)")
    }
    if let format, !format.accepts(text) {
      problems.append("expected \(format.expectation), got \(shown(.string(text)))")
    }
    return problems
  }

  private static func countProblem(_ count: Int64, _ rule: CountRule, _ unit: String) -> String? {
    if let minimum = rule.minimum, count < minimum {
      return "has \(count) \(unit)s, needs \(minimum) at least"
    }
    if let maximum = rule.maximum, count > maximum {
      return "has \(count) \(unit)s, may have \(maximum) at most"
    }
    return nil
  }

  private func numberProblem(_ value: JSONValue) -> String? {
    if let minimum, NumberOrder.isLess(value, minimum) {
      return "has to be \(minimum.text) or more, is \(value.text)"
    }
    if let maximum, NumberOrder.isLess(maximum, value) {
      return "has to be \(maximum.text) or less, is \(value.text)"
    }
    if let exclusiveMinimum, !NumberOrder.isLess(exclusiveMinimum, value) {
      return "has to be more than \(exclusiveMinimum.text), is \(value.text)"
    }
    if let exclusiveMaximum, !NumberOrder.isLess(value, exclusiveMaximum) {
      return "has to be less than \(exclusiveMaximum.text), is \(value.text)"
    }
    return nil
  }

  private func choiceProblem(_ value: JSONValue) -> String? {
    if let constant, !NumberOrder.isEqual(constant, value) {
      return "has to be \(constant.text), is \(shown(value))"
    }
    guard let choices, !choices.contains(where: { NumberOrder.isEqual($0, value) }) else { return nil }
    return "expected one of \(choices.map(\.text).joined(separator: ", ")), got \(shown(value))"
  }

  /// The value as a message shows it: short, and not at all when it is a password.
  private func shown(_ value: JSONValue) -> String {
    if format == .password { return "a value that is not shown" }
    switch value {
    case .array, .object: return value.kindName
    default: break
    }
    let text = value.text
    return text.count <= 60 ? text : text.prefix(57) + "..." + (value.stringValue == nil ? "" : "\"")
  }
}

/// Numbers of both kinds compared: exactly when both are integers, else as reals.
enum NumberOrder {
  static func isLess(_ left: JSONValue, _ right: JSONValue) -> Bool {
    if case .int(let a) = left, case .int(let b) = right { return a < b }
    guard let a = left.realValue, let b = right.realValue else { return false }
    return a < b
  }

  /// Equal as JSON Schema says: 1 and 1.0 are.
  static func isEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
    if left == right { return true }
    switch (left, right) {
    case (.int, .real), (.real, .int): return left.realValue == right.realValue
    default: return false
    }
  }
}
