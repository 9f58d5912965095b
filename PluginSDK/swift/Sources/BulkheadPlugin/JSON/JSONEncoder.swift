extension JSON {
  /// The value as JSON. A number that JSON cannot write (infinite, no number) is an `EncodingError`.
  public init(encoding value: some Encodable) throws {
    let place = Place(path: [])
    try place.encode(value)
    self = place.json
  }
}

/// One place of the tree that is being encoded.
private final class Place {
  let path: [any CodingKey]
  private var value: JSON = .null
  private var members: [(name: String, place: Place)]?
  private var items: [Place]?

  init(path: [any CodingKey]) { self.path = path }

  var json: JSON {
    if let members { return .object(members.map { JSON.Member($0.name, $0.place.json) }) }
    if let items { return .array(items.map(\.json)) }
    return value
  }

  var count: Int { items?.count ?? 0 }
  func beginObject() { members = members ?? [] }
  func beginArray() { items = items ?? [] }

  func member(_ key: any CodingKey) -> Place {
    let place = Place(path: path + [key])
    members = (members ?? []).filter { $0.name != key.stringValue } + [(key.stringValue, place)]
    return place
  }

  func item() -> Place {
    let place = Place(path: path + [IndexKey(count)])
    items = (items ?? []) + [place]
    return place
  }

  func encode(_ given: some Encodable) throws {
    guard let primitive = given as? any Primitive else {
      return try given.encode(to: PlaceEncoder(place: self))
    }
    guard let json = primitive.json else {
      let context = EncodingError.Context(codingPath: path, debugDescription: "JSON has no such number")
      throw EncodingError.invalidValue(given, context)
    }
    value = json
  }
}

private struct PlaceEncoder: Encoder {
  let place: Place

  var codingPath: [any CodingKey] { place.path }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    place.beginObject()
    return KeyedEncodingContainer(PlaceMembers<Key>(place: place))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    place.beginArray()
    return PlaceItems(place: place)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { PlaceOne(place: place) }
}

private struct PlaceMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let place: Place

  var codingPath: [any CodingKey] { place.path }
  func encodeNil(forKey key: Key) throws { _ = place.member(key) }
  func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try place.member(key).encode(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
    -> KeyedEncodingContainer<Nested>
  { PlaceEncoder(place: place.member(key)).container(keyedBy: type) }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    PlaceEncoder(place: place.member(key)).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { PlaceEncoder(place: place) }
  func superEncoder(forKey key: Key) -> any Encoder { PlaceEncoder(place: place.member(key)) }
}

private struct PlaceItems: UnkeyedEncodingContainer {
  let place: Place

  var codingPath: [any CodingKey] { place.path }
  var count: Int { place.count }
  func encodeNil() throws { _ = place.item() }
  func encode<T: Encodable>(_ value: T) throws { try place.item().encode(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    PlaceEncoder(place: place.item()).container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    PlaceEncoder(place: place.item()).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { PlaceEncoder(place: place.item()) }
}

private struct PlaceOne: SingleValueEncodingContainer {
  let place: Place

  var codingPath: [any CodingKey] { place.path }
  func encodeNil() throws {}
  func encode<T: Encodable>(_ value: T) throws { try place.encode(value) }
}
