extension JSON {
  /// Makes a value of it. Errors are `DecodingError`s that name the place.
  public func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try JSONSource(self, path: []).decode(type)
  }

  /// For messages: what it is, never all of it.
  fileprivate var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let digits): digits
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// A JSON value as a decoder reads it.
private final class JSONSource: Source {
  private let json: JSON

  init(_ json: JSON, path: [any CodingKey]) {
    self.json = json
    super.init(path: path)
  }

  override var isNull: Bool { json == .null }

  override func bool() throws -> Bool {
    guard case .bool(let value) = json else { throw mismatch(Bool.self, "true or false") }
    return value
  }

  override func text() throws -> String {
    guard case .string(let value) = json else { throw mismatch(String.self, "a text") }
    return value
  }

  override func real() throws -> Double {
    guard case .number(let digits) = json, let value = Double(digits) else {
      throw mismatch(Double.self, "a number")
    }
    return value
  }

  override func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
    if case .number(let digits) = json {
      if let value = T(digits) { return value }
      if let real = Double(digits), let value = T(exactly: real) { return value }
    }
    throw mismatch(type, "a whole number from \(T.min) to \(T.max)")
  }

  override func beginObject() throws {
    guard case .object = json else { throw mismatch([String: Any].self, "an object") }
  }

  override func member(_ key: any CodingKey) throws -> Source? {
    json[key.stringValue].map { JSONSource($0, path: path + [key]) }
  }

  override func hasMember(_ key: any CodingKey) -> Bool { json[key.stringValue] != nil }

  override var memberNames: [String] {
    guard case .object(let members) = json else { return [] }
    return members.map(\.name)
  }

  override func beginArray() throws -> Int {
    guard case .array(let items) = json else { throw mismatch([Any].self, "a list") }
    return items.count
  }

  override func item(_ index: Int) throws -> Source {
    guard case .array(let items) = json, items.indices.contains(index) else {
      throw mismatch(Any.self, "one item more")
    }
    return JSONSource(items[index], path: path + [IndexKey(index)])
  }

  private func mismatch(_ type: Any.Type, _ expected: String) -> DecodingError {
    let text = "\(expected) was expected, not \(json.kind)"
    return .typeMismatch(type, DecodingError.Context(codingPath: path, debugDescription: text))
  }
}
