/// Records what a type asks for while it is decoded from nothing: its JSON Schema. Each question is answered with a
/// value of no meaning (0, "", false, one item).
final class SchemaSource: Source {
  private var keywords: [JSON.Member] = []
  private var members: [(name: String, schema: SchemaSource)]?
  private var optional: Set<String> = []
  private var items: SchemaSource?
  private var takesAnyMember = false

  /// The schema of a type. `described` are keywords by path, names joined by `/`; each has to find its parameter.
  static func schema(of type: any Decodable.Type, _ described: [String: Keywords]) throws(ManifestFailure)
    -> JSON
  {
    let root = SchemaSource(path: [])
    do {
      _ = try root.decode(type)
    } catch {
      let place = (error as? DecodingError)?.place ?? "\(error)"
      throw ManifestFailure(
        "\(type) cannot be read without a value, so it has no schema: \(place). Use plain types (String, Int, "
          + "Double, Bool, enums that are CaseIterable, lists, structs of these) and check the rest in run()")
    }
    // A type without members asks for nothing.
    if root.keywords.isEmpty { try? root.beginObject() }
    if root.members == nil { throw ManifestFailure("\(type) is no object: use a struct") }
    for (path, keywords) in described { try root.describe(path, keywords) }
    return root.json
  }

  private func describe(_ path: String, _ added: Keywords) throws(ManifestFailure) {
    var place = self
    let names = path.split(separator: "/").map(String.init)
    for (depth, name) in names.enumerated() {
      guard let next = place.members?.first(where: { $0.name == name })?.schema else {
        let known = (place.members ?? []).map(\.name).joined(separator: ", ")
        throw ManifestFailure("keywords: there is no parameter \"\(path)\" (there are: \(known))")
      }
      if depth == names.count - 1, added.hasDefault { place.optional.insert(name) }
      place = next
    }
    let replaced = Set(added.members.map(\.name))
    place.keywords = place.keywords.filter { !replaced.contains($0.name) } + added.members
  }

  private var json: JSON {
    var all = keywords
    if let members {
      all.append(JSON.Member("properties", .object(members.map { JSON.Member($0.name, $0.schema.json) })))
      let required = members.map(\.name).filter { !optional.contains($0) }
      if !required.isEmpty { all.append(JSON.Member("required", .array(required.map { .string($0) }))) }
    }
    if takesAnyMember { all.append(JSON.Member("additionalProperties", .bool(true))) }
    if let items { all.append(JSON.Member("items", items.json)) }
    return .object(all)
  }

  private func note(_ type: String, _ more: [JSON.Member] = []) {
    keywords = [JSON.Member("type", .string(type))] + more
  }

  // MARK: Answers

  override func bool() throws -> Bool {
    note("boolean")
    return false
  }

  override func text() throws -> String {
    note("string")
    return ""
  }

  override func real() throws -> Double {
    note("number")
    return 0
  }

  /// The bounds of small types are bounds of the parameter. Those of 64 bits say nothing, but for "not negative".
  override func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
    var bounds: [JSON.Member] = []
    if T.bitWidth < 64 || !T.isSigned { bounds.append(JSON.Member("minimum", .number("\(T.min)"))) }
    if T.bitWidth < 64 { bounds.append(JSON.Member("maximum", .number("\(T.max)"))) }
    note("integer", bounds)
    return 0
  }

  override func beginObject() throws {
    note("object")
    members = members ?? []
  }

  override func member(_ key: any CodingKey) throws -> Source? {
    if let known = members?.first(where: { $0.name == key.stringValue }) { return known.schema }
    let schema = SchemaSource(path: path + [key])
    members = (members ?? []) + [(key.stringValue, schema)]
    return schema
  }

  /// Only `decodeIfPresent` asks this.
  override func hasMember(_ key: any CodingKey) -> Bool {
    optional.insert(key.stringValue)
    return true
  }

  /// Only a dictionary asks this.
  override var memberNames: [String] {
    takesAnyMember = true
    return []
  }

  override func beginArray() throws -> Int {
    note("array")
    return 1
  }

  override func item(_ index: Int) throws -> Source {
    let schema = items ?? SchemaSource(path: path + [IndexKey(0)])
    items = schema
    return schema
  }

  /// An enum that can list its cases: they are the values allowed.
  override func whole<T>(_ type: T.Type) throws -> T? {
    guard let cases = type as? any CaseIterable.Type else { return nil }
    let values = Self.all(cases)
    let allowed = values.compactMap { ($0 as? any RawRepresentable)?.rawValue as? any Primitive }.compactMap(
      \.json)
    guard let first = values.first as? T, allowed.count == values.count, let sample = allowed.first else {
      return nil
    }
    if case .string = sample { note("string") } else { note("integer") }
    keywords.append(JSON.Member("enum", .array(allowed)))
    return first
  }

  private static func all<C: CaseIterable>(_ type: C.Type) -> [Any] { Array(type.allCases) }
}

/// Why no manifest can be made, in words for the author.
public struct ManifestFailure: Error, CustomStringConvertible, Sendable {
  public let description: String

  init(_ description: String) { self.description = description }
}
