import DataModel

/// The table of one entity: names, statements and values, all derived from the catalogue.
struct RecordTable {
  let entity: EntityDefinition
  let name: String

  /// The column of the job that changed a record last; null since its creation.
  static let changedBy = "changed_by"

  static func name(_ entity: String) -> String { "record_" + entity }

  /// Quoted: the catalogue may use a word of SQL.
  static func column(_ field: String) -> String { "\"" + field + "\"" }

  init(_ entity: EntityDefinition) {
    self.entity = entity
    name = Self.name(entity.name)
  }

  func field(_ id: UInt32) -> FieldDefinition? {
    id >= 1 && id <= entity.fields.count ? entity.fields[Int(id) - 1] : nil
  }

  /// The current version, nil when there is no such record.
  func version(of id: Int64, in transaction: SQLTransaction) throws(StoreError) -> Int64? {
    try transaction.connection.number("select version from \(name) where id = $1", [.int(id)])
  }

  func insert(
    _ id: Int64, _ values: [(FieldDefinition, SQLValue)], in transaction: SQLTransaction
  ) throws(StoreError) {
    let columns = values.map { ", " + Self.column($0.0.name) }.joined()
    let marks = (0..<values.count).map { ", $\($0 + 2)" }.joined()
    try transaction.connection.run(
      "insert into \(name) (id, version\(columns)) values ($1, 1\(marks))", [.int(id)] + values.map(\.1))
  }

  /// `job`: whose run changes it.
  func update(
    _ id: Int64, _ values: [(FieldDefinition, SQLValue)], by job: JobID, in transaction: SQLTransaction
  ) throws(StoreError) {
    // SQLite numbers parameters as it meets them: they stand in the order of their values.
    let sets = values.enumerated().map { ", \(Self.column($1.0.name)) = $\($0 + 2)" }.joined()
    try transaction.connection.run(
      "update \(name) set version = version + 1, \(Self.changedBy) = $1\(sets) where id = $\(values.count + 2)",
      [.int(job.rawValue)] + values.map(\.1) + [.int(id)])
  }

  func delete(_ id: Int64, in transaction: SQLTransaction) throws(StoreError) {
    try transaction.connection.run("delete from \(name) where id = $1", [.int(id)])
  }

  /// The id of another record that has this value in that field.
  func other(
    than id: Int64, with field: FieldDefinition, _ value: SQLValue, in transaction: SQLTransaction
  ) throws(StoreError) -> Int64? {
    try transaction.connection.number(
      "select id from \(name) where \(Self.column(field.name)) = $1 and id <> $2 limit 1", [value, .int(id)])
  }

  func read(_ id: Int64, _ fields: [(UInt32, FieldDefinition)], in transaction: SQLTransaction)
    throws(StoreError) -> RecordRow?
  {
    let columns = fields.map { ", " + Self.column($0.1.name) }.joined()
    var found: RecordRow?
    try transaction.connection.query("select version\(columns) from \(name) where id = $1", [.int(id)]) {
      row in
      let values = fields.enumerated().map { index, field in
        FieldAssignment(field: field.0, value: field.1.type.value(row, index + 1))
      }
      found = RecordRow(id: id, version: row.int(0), values: values)
    }
    return found
  }

  /// Records with all their fields, by id; `condition` and what it refers to, from `$1` on.
  func facts(
    where condition: String, _ values: [SQLValue], limit: Int, number: UInt32, in transaction: SQLTransaction
  ) throws(StoreError) -> [RecordFacts] {
    let columns = entity.fields.map { ", " + Self.column($0.name) }.joined()
    var found: [RecordFacts] = []
    try transaction.connection.query(
      "select id, version, \(Self.changedBy)\(columns) from \(name) where \(condition) "
        + "order by id limit $\(values.count + 1)", values + [.int(Int64(limit))]
    ) { row in
      let fields = entity.fields.enumerated().map { index, field in
        FieldAssignment(field: UInt32(index) + 1, value: field.type.value(row, index + 3))
      }
      found.append(
        RecordFacts(
          entity: number, row: RecordRow(id: row.int(0), version: row.int(1), values: fields),
          changedBy: row.isNull(2) ? 0 : row.int(2)))
    }
    return found
  }
}

extension FieldType {
  /// The value as SQL has it, nil when it is not of this type.
  func sql(_ value: FieldValue) -> SQLValue? {
    switch (self, value) {
    case (_, .null): .null
    case (.bool, .bool(let value)): .int(value ? 1 : 0)
    case (.int, .int(let value)), (.instant, .instant(let value)), (.ref, .ref(let value)): .int(value)
    case (.real, .real(let value)): .real(value)
    case (.string, .string(let value)): .text(value)
    default: nil
    }
  }

  func value(_ row: any SQLRow, _ column: Int) -> FieldValue {
    if row.isNull(column) { return .null }
    return switch self {
    case .bool: .bool(row.int(column) != 0)
    case .int: .int(row.int(column))
    case .real: .real(row.real(column))
    case .string: .string(row.text(column))
    case .instant: .instant(row.int(column))
    case .ref: .ref(row.int(column))
    }
  }
}
