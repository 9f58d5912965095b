/// The standard library's `Decoder` over a source. One generic method stands for all fifteen of each container.
struct SourceDecoder: Decoder {
  let source: Source

  var codingPath: [any CodingKey] { source.path }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    try source.beginObject()
    return KeyedDecodingContainer(Members<Key>(source: source))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    Items(source: source, known: try source.beginArray())
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { One(source: source) }
}

private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let source: Source

  var codingPath: [any CodingKey] { source.path }
  var allKeys: [Key] { source.memberNames.compactMap { Key(stringValue: $0) } }
  func contains(_ key: Key) -> Bool { source.hasMember(key) }
  func decodeNil(forKey key: Key) throws -> Bool { try source.member(key)?.isNull ?? true }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try child(key).decode(type) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
    -> KeyedDecodingContainer<Nested>
  { try SourceDecoder(source: child(key)).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try SourceDecoder(source: child(key)).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { SourceDecoder(source: source) }
  func superDecoder(forKey key: Key) throws -> any Decoder { SourceDecoder(source: try child(key)) }

  private func child(_ key: Key) throws -> Source {
    if let child = try source.member(key) { return child }
    let context = DecodingError.Context(codingPath: source.path, debugDescription: "it was not given")
    throw DecodingError.keyNotFound(key, context)
  }
}

private struct Items: UnkeyedDecodingContainer {
  let source: Source
  let known: Int
  var currentIndex = 0

  init(source: Source, known: Int) {
    self.source = source
    self.known = known
  }

  var codingPath: [any CodingKey] { source.path }
  var count: Int? { known }
  var isAtEnd: Bool { currentIndex >= known }

  mutating func decodeNil() throws -> Bool {
    guard try source.item(currentIndex).isNull else { return false }
    currentIndex += 1
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws
    -> KeyedDecodingContainer<Nested>
  { try SourceDecoder(source: next()).container(keyedBy: type) }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try SourceDecoder(source: next()).unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { SourceDecoder(source: try next()) }

  private mutating func next() throws -> Source {
    guard !isAtEnd else {
      let context = DecodingError.Context(
        codingPath: source.path, debugDescription: "there is no further item")
      throw DecodingError.valueNotFound(Any.self, context)
    }
    defer { currentIndex += 1 }
    return try source.item(currentIndex)
  }
}

private struct One: SingleValueDecodingContainer {
  let source: Source

  var codingPath: [any CodingKey] { source.path }
  func decodeNil() -> Bool { source.isNull }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try source.decode(type) }
}
