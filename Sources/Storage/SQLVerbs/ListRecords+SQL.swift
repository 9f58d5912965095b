package import DataModel

extension ListRecords: StoreVerb {
  package static let access = StoreAccess.read
  package static let maximumRows = 1000
  /// Texts of one answer, in bytes, so that it fits a frame.
  private static let maximumBytes = 4 << 20

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [RecordFacts] {
    let table = try RecordTable.of(entity, in: transaction)
    var condition = "id > $1"
    var values: [SQLValue] = [.int(after)]
    for match in matches {
      let field = try table.definition(match.field)
      guard let value = field.type.sql(match.value) else {
        throw StoreError(.invalid, table.entity.mismatch(field, given: match.value.typeName))
      }
      if value == .null {
        condition += " and \(RecordTable.column(field.name)) is null"
      } else {
        values.append(value)
        condition += " and \(RecordTable.column(field.name)) = $\(values.count)"
      }
    }
    let rows = max(0, min(limit, Self.maximumRows))
    return Self.bounded(
      try table.facts(where: condition, values, limit: rows, number: entity, in: transaction))
  }

  /// As many from the start as fit an answer, at least one.
  static func bounded(_ rows: [RecordFacts]) -> [RecordFacts] {
    var bytes = 0
    let end = rows.firstIndex { facts in
      bytes += facts.row.values.reduce(64) { $0 + $1.value.byteCount }
      return bytes > maximumBytes
    }
    return Array(rows.prefix(max(end ?? rows.count, 1)))
  }
}

extension GetRecord: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> RecordFacts? {
    let wanted = entity == 0 ? Array(1...UInt32(transaction.catalogue.entities.count)) : [entity]
    for number in wanted {
      let table = try RecordTable.of(number, in: transaction)
      let found = try table.facts(
        where: "id = $1", [.int(id)], limit: 1, number: number, in: transaction)
      if let record = found.first { return record }
    }
    return nil
  }
}

extension ListJobRecords: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [RecordFacts] {
    let range = RecordNumber.range(of: job)
    let bounds: [SQLValue] = [.int(range.lowerBound), .int(range.upperBound)]
    let rows = max(0, min(limit, ListRecords.maximumRows))
    var all: [RecordFacts] = []
    for (index, entity) in transaction.catalogue.entities.enumerated() where all.count < rows {
      let table = RecordTable(entity)
      let number = UInt32(index) + 1
      // Each by its own index: one condition for both would read the whole table.
      let made = try table.facts(
        where: "id between $1 and $2", bounds, limit: rows - all.count, number: number, in: transaction)
      all += made
      all += try table.facts(
        where: "\(RecordTable.changedBy) = $1 and id not between $2 and $3", [.int(job.rawValue)] + bounds,
        limit: rows - all.count, number: number, in: transaction)
    }
    return ListRecords.bounded(all)
  }
}

extension FieldValue {
  fileprivate var byteCount: Int {
    if case .string(let text) = self { return 16 + text.utf8.count }
    return 16
  }
}
