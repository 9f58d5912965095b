package import DataModel

extension ReadRecord: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> RecordRow? {
    let table = try RecordTable.of(entity, in: transaction)
    var wanted: [(UInt32, FieldDefinition)] = []
    for field in fields { wanted.append((field, try table.definition(field))) }
    return try table.read(id, wanted, in: transaction)
  }
}

extension FindRecords: StoreVerb {
  package static let access = StoreAccess.read
  package static let maximumRows = 10_000

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [Int64] {
    let table = try RecordTable.of(entity, in: transaction)
    let field = try table.definition(match.field)
    guard let value = field.type.sql(match.value) else {
      throw StoreError(.invalid, table.entity.mismatch(field, given: match.value.typeName))
    }
    let column = RecordTable.column(field.name)
    let rows = SQLValue.int(Int64(max(0, min(limit, Self.maximumRows))))
    var ids: [Int64] = []
    if value == .null {
      try transaction.connection.query(
        "select id from \(table.name) where \(column) is null order by id limit $1", [rows]
      ) { ids.append($0.int(0)) }
    } else {
      try transaction.connection.query(
        "select id from \(table.name) where \(column) = $1 order by id limit $2", [value, rows]
      ) { ids.append($0.int(0)) }
    }
    return ids
  }
}

extension RecordTable {
  static func of(_ entity: UInt32, in transaction: SQLTransaction) throws(StoreError) -> RecordTable {
    guard let definition = transaction.catalogue.entity(entity) else {
      throw StoreError(.invalid, transaction.catalogue.noEntity(entity))
    }
    return RecordTable(definition)
  }

  func definition(_ id: UInt32) throws(StoreError) -> FieldDefinition {
    guard let field = field(id) else {
      throw StoreError(.invalid, entity.noField(id))
    }
    return field
  }
}
