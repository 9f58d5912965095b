internal import CBulkheadPlugin

/// A value of a record's field.
public enum RecordValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case int(Int64)
  case real(Double)
  case string(String)
  /// Milliseconds since 1970-01-01 UTC.
  case instant(Int64)
  /// The id of a record that the field refers to.
  case reference(Int64)

  public var text: String? {
    if case .string(let value) = self { return value }
    return nil
  }

  public var integer: Int64? {
    switch self {
    case .int(let value), .instant(let value), .reference(let value): value
    default: nil
    }
  }
}

extension RecordValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// A record as it was read.
public struct Record: Sendable {
  public let id: Int64
  public let version: Int64
  private let values: [String: RecordValue]

  init(id: Int64, version: Int64, values: [String: RecordValue]) {
    self.id = id
    self.version = version
    self.values = values
  }

  /// A field that was asked for; `.null` where the record has nothing.
  public subscript(_ field: String) -> RecordValue { values[field] ?? .null }
}

extension Context {
  /// One kind of record: `server`. A draft: the id `bh.draft.records/1` carries no promise, and so does nothing here.
  public func records(_ entity: String) throws -> Records {
    let table = try need(bh_records_of(raw), BH_RECORDS_ID)
    var id: UInt32 = 0
    let code = entity.withStr { table.entity(raw, $0, &id) }
    if code == BH_NOT_FOUND { throw Failure(.notFound, "there is no entity \"\(entity)\"") }
    try check(code, "look up the entity \(entity)")
    return Records(raw: raw, table: table, name: entity, entity: id)
  }
}

/// The records of one entity. Every write is durable when it returns; no transaction is held between calls. Each
/// call may wait, and throws `Stopped` when the job is to end. Keep it within the run.
public struct Records {
  let raw: UnsafeMutablePointer<bh_ctx>
  let table: bh_records_table
  let name: String
  let entity: UInt32

  /// Ids of the records whose field has that value, ascending; at most `limit`.
  public func find(_ field: String, _ wanted: RecordValue, limit: Int = 1 << 20) throws -> [Int64] {
    var capacity = min(max(limit, 1), 64)
    while true {
      var ids = [Int64](repeating: 0, count: capacity)
      var count: UInt64 = 0
      let code = try withValues([(field, wanted)]) { match in
        table.find(raw, entity, match.baseAddress, &ids, UInt64(capacity), &count)
      }
      try check(code, "look for \(withArticle) by its \(field)")
      if Int(count) < capacity || capacity >= min(limit, 1 << 20) { return Array(ids.prefix(Int(count))) }
      capacity = min(capacity * 8, limit, 1 << 20)
    }
  }

  /// Reads fields of a record. A failure of the code `notFound` when there is none.
  public func get(_ id: Int64, _ fields: [String]) throws -> Record {
    var values: [bh_field_value] = []
    for field in fields {
      values.append(bh_field_value(field: try fieldID(field), reserved: 0, value: bh_value()))
    }
    var version: Int64 = 0
    let code = table.get(raw, entity, id, &values, UInt64(values.count), &version)
    try checkFound(code, id, "read")
    let read = zip(fields, values).map { ($0, RecordValue($1.value)) }
    return Record(id: id, version: version, values: Dictionary(read) { $1 })
  }

  /// Makes a record and gives its id. A failure of the code `conflict` when its natural key is taken.
  public func create(_ values: [(String, RecordValue)]) throws -> Int64 {
    var id: Int64 = 0
    let code = try withValues(values) { table.create(raw, entity, $0.baseAddress, UInt64($0.count), &id) }
    try check(code, "make \(withArticle)")
    return id
  }

  /// The record whose unique field has that value, or a new one with it and `others`. Of many runs that ask at the same
  /// time one makes it, and the others get that one: they meet a conflict and look again. `field` has to be the
  /// entity's unique field (`hostname`, `name`): only there is a second record refused. A record that was found is not
  /// changed.
  public func findOrCreate(
    _ field: String, _ value: RecordValue, _ others: [(String, RecordValue)] = []
  ) throws -> (id: Int64, isNew: Bool) {
    if let known = try find(field, value, limit: 1).first { return (known, false) }
    do {
      return (try create([(field, value)] + others), true)
    } catch let failure as Failure where failure.code == .conflict {
      guard let known = try find(field, value, limit: 1).first else { throw failure }
      return (known, false)
    }
  }

  /// Changes fields and gives the new version. `version` is the one that was read, 0 for "whatever it is"; a failure
  /// of the code `conflict` when another write came between.
  @discardableResult
  public func set(_ id: Int64, _ values: [(String, RecordValue)], version: Int64 = 0) throws -> Int64 {
    var written: Int64 = 0
    let code = try withValues(values) {
      table.set(raw, entity, id, version, $0.baseAddress, UInt64($0.count), &written)
    }
    try checkFound(code, id, "change")
    return written
  }

  /// Deletes a record; `version` as in `set`.
  public func remove(_ id: Int64, version: Int64 = 0) throws {
    try checkFound(table.remove(raw, entity, id, version), id, "delete")
  }

  /// "an environment".
  private var withArticle: String {
    (name.first.map { "aeiou".contains($0) } == true ? "an " : "a ") + name
  }

  private func checkFound(_ code: Int32, _ id: Int64, _ what: String) throws {
    if code == BH_NOT_FOUND { throw Failure(.notFound, "there is no \(name) \(id)") }
    try check(code, "\(what) \(name) \(id)")
  }

  private func fieldID(_ field: String) throws -> UInt32 {
    var id: UInt32 = 0
    let code = field.withStr { table.field(raw, entity, $0, &id) }
    if code == BH_NOT_FOUND { throw Failure(.notFound, "\(name) has no field \"\(field)\"") }
    try check(code, "look up the field \(field)")
    return id
  }

  /// The values as the table takes them. Texts are copied for the time of the call.
  private func withValues(
    _ values: [(String, RecordValue)], _ body: (UnsafeBufferPointer<bh_field_value>) -> Int32
  ) throws -> Int32 {
    var texts: [UnsafeMutableBufferPointer<CChar>] = []
    defer { for text in texts { text.deallocate() } }
    var all: [bh_field_value] = []
    for (field, value) in values {
      var raw = value.raw
      if let text = value.text {
        let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.utf8.count)
        _ = copy.initialize(from: text.utf8.lazy.map { CChar(bitPattern: $0) })
        texts.append(copy)
        raw.text = bh_str(ptr: copy.baseAddress, len: UInt64(copy.count))
      }
      all.append(bh_field_value(field: try fieldID(field), reserved: 0, value: raw))
    }
    return all.withUnsafeBufferPointer(body)
  }
}

extension RecordValue {
  /// Without its text.
  fileprivate var raw: bh_value {
    var value = bh_value()
    switch self {
    case .null: value.type = BH_NULL
    case .bool(let flag): (value.type, value.integer) = (BH_BOOL, flag ? 1 : 0)
    case .int(let number): (value.type, value.integer) = (BH_INT, number)
    case .real(let number): (value.type, value.real) = (BH_REAL, number)
    case .string: value.type = BH_STRING
    case .instant(let time): (value.type, value.integer) = (BH_INSTANT, time)
    case .reference(let id): (value.type, value.integer) = (BH_REF, id)
    }
    return value
  }

  fileprivate init(_ value: bh_value) {
    switch value.type {
    case BH_BOOL: self = .bool(value.integer != 0)
    case BH_INT: self = .int(value.integer)
    case BH_REAL: self = .real(value.real)
    case BH_STRING: self = .string(String(value.text))
    case BH_INSTANT: self = .instant(value.integer)
    case BH_REF: self = .reference(value.integer)
    default: self = .null
    }
  }
}
