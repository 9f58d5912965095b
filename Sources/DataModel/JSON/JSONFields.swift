/// The members of one JSON object, read by name and type; every complaint names the member's path.
struct JSONFields {
  let path: String
  let members: [String: JSONValue]

  /// Refuses what is no object and members that are not in `known`.
  init(_ value: JSONValue, path: String, known: Set<String>) throws(ManifestError) {
    guard let members = value.objectValue else {
      throw ManifestError(path: path, "expected an object, found \(value.kindName)")
    }
    self.path = path
    self.members = members
    for name in members.keys.sorted() where !known.contains(name) {
      throw ManifestError(
        path: self.path(of: name),
        "this host does not know \"\(name)\"\(EditDistance.hint(for: name, among: known))")
    }
  }

  func path(of name: String) -> String { path.isEmpty ? name : path + "." + name }

  func error(_ name: String, _ message: String) -> ManifestError {
    ManifestError(path: path(of: name), message)
  }

  func text(_ name: String, limit: Int = 4096) throws(ManifestError) -> String? {
    guard let value = members[name] else { return nil }
    guard let text = value.stringValue else { throw error(name, "expected text, found \(value.kindName)") }
    guard text.utf8.count <= limit else { throw error(name, "longer than \(limit) bytes") }
    guard !text.unicodeScalars.contains("\0") else { throw error(name, "contains a NUL character") }
    return text
  }

  func requiredText(_ name: String, limit: Int = 4096) throws(ManifestError) -> String {
    guard let text = try text(name, limit: limit) else { throw error(name, "is missing") }
    guard !text.isEmpty else { throw error(name, "is empty") }
    return text
  }

  func integer(_ name: String, _ range: ClosedRange<Int64>) throws(ManifestError) -> Int64? {
    guard let value = members[name] else { return nil }
    guard let number = value.integerValue else {
      throw error(name, "expected an integer, found \(value.kindName)")
    }
    guard range.contains(number) else {
      throw error(name, "has to be from \(range.lowerBound) to \(range.upperBound), is \(number)")
    }
    return number
  }

  func number(_ name: String) throws(ManifestError) -> JSONValue? {
    guard let value = members[name] else { return nil }
    guard value.realValue != nil else { throw error(name, "expected a number, found \(value.kindName)") }
    return value
  }

  func bool(_ name: String) throws(ManifestError) -> Bool? {
    guard let value = members[name] else { return nil }
    guard let bool = value.boolValue else {
      throw error(name, "expected true or false, found \(value.kindName)")
    }
    return bool
  }

  func array(_ name: String) throws(ManifestError) -> [JSONValue]? {
    guard let value = members[name] else { return nil }
    guard let elements = value.arrayValue else {
      throw error(name, "expected a list, found \(value.kindName)")
    }
    return elements
  }

  /// A list of texts without empty ones and repetitions.
  func names(_ name: String) throws(ManifestError) -> [String]? {
    guard let elements = try array(name) else { return nil }
    var names: [String] = []
    for (index, element) in elements.enumerated() {
      guard let text = element.stringValue, !text.isEmpty else {
        throw error(
          "\(name)[\(index)]",
          "expected a name, found \(element.stringValue == nil ? element.kindName : "empty text")")
      }
      guard !names.contains(text) else { throw error("\(name)[\(index)]", "\"\(text)\" is given twice") }
      names.append(text)
    }
    return names
  }
}
