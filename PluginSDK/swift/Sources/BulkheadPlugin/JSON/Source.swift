/// Where a decoder takes its values from: a JSON value, or nowhere at all while a schema is recorded.
class Source {
  let path: [any CodingKey]

  init(path: [any CodingKey]) { self.path = path }

  var isNull: Bool { false }
  func bool() throws -> Bool { false }
  func text() throws -> String { "" }
  func real() throws -> Double { 0 }
  func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T { 0 }
  /// A member of an object; nil when there is none.
  func member(_ key: any CodingKey) throws -> Source? { nil }
  /// Whether there is such a member. Asked only for one that may be missing.
  func hasMember(_ key: any CodingKey) -> Bool { false }
  var memberNames: [String] { [] }
  /// Says that members are going to be read.
  func beginObject() throws {}
  /// Says that items are going to be read; their number.
  func beginArray() throws -> Int { 0 }
  func item(_ index: Int) throws -> Source { self }
  /// A value that is not asked for its parts; nil: ask.
  func whole<T>(_ type: T.Type) throws -> T? { nil }

  final func decode<T: Decodable>(_ type: T.Type) throws -> T {
    if let primitive = type as? any Primitive.Type, let value = try primitive.init(reading: self) as? T {
      return value
    }
    if let value = try whole(type) { return value }
    return try parts(of: type)
  }

  /// A value of a type that is made of others.
  func parts<T: Decodable>(of type: T.Type) throws -> T { try T(from: SourceDecoder(source: self)) }
}

/// The types that JSON has values for. All others are made of these.
protocol Primitive: Codable {
  init(reading source: Source) throws
  /// Nil when JSON has no such value.
  var json: JSON? { get }
}

extension Bool: Primitive {
  init(reading source: Source) throws { self = try source.bool() }
  var json: JSON? { .bool(self) }
}

extension String: Primitive {
  init(reading source: Source) throws { self = try source.text() }
  var json: JSON? { .string(self) }
}

extension Double: Primitive {
  init(reading source: Source) throws { self = try source.real() }
  var json: JSON? { isFinite ? .number(description) : nil }
}

extension Float: Primitive {
  init(reading source: Source) throws { self = Float(try source.real()) }
  var json: JSON? { isFinite ? .number(description) : nil }
}

extension Primitive where Self: FixedWidthInteger {
  init(reading source: Source) throws { self = try source.integer(Self.self) }
  var json: JSON? { .number(description) }
}

extension Int: Primitive {}
extension Int8: Primitive {}
extension Int16: Primitive {}
extension Int32: Primitive {}
extension Int64: Primitive {}
extension UInt: Primitive {}
extension UInt8: Primitive {}
extension UInt16: Primitive {}
extension UInt32: Primitive {}
extension UInt64: Primitive {}

/// A place in an array, as the path of an error names it.
struct IndexKey: CodingKey {
  let index: Int

  init(_ index: Int) { self.index = index }
  init?(intValue: Int) { index = intValue }
  init?(stringValue: String) { nil }
  var intValue: Int? { index }
  var stringValue: String { String(index) }
}
