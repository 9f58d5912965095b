package import DataModel

extension WriteRecord: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> RecordAnswer {
    if let scope = try JobScope(in: transaction), try !scope.holds(run.job) { return .fenced }
    let changes = JobChanges(transaction)
    try changes.load([run.job])
    guard let entry = changes[run.job], JobTransition.mayWrite(entry.facts, run.fence) else { return .fenced }
    if sequence <= entry.writeSequence { return try replayed(in: transaction) }
    let answer = try apply(in: transaction)
    // Only what was written counts: a refused write may be sent again, changed, under the same number.
    guard case .done = answer else { return answer }
    changes.setWriteSequence(run.job, sequence)
    try changes.write()
    return answer
  }

  /// It was written before, and its answer was lost: what the store says now is the answer.
  private func replayed(in transaction: SQLTransaction) throws(StoreError) -> RecordAnswer {
    let (entity, id) =
      switch change {
      case .create(let entity, let id, _), .set(let entity, let id, _, _), .delete(let entity, let id, _):
        (entity, id)
      }
    guard let definition = transaction.catalogue.entity(entity) else { return Self.noEntity(entity) }
    return .done(version: try RecordTable(definition).version(of: id, in: transaction) ?? 0)
  }

  private func apply(in transaction: SQLTransaction) throws(StoreError) -> RecordAnswer {
    do {
      switch change {
      case .create(let entity, let id, let values):
        return try RecordWrite(entity, id, transaction).create(values)
      case .set(let entity, let id, let version, let values):
        return try RecordWrite(entity, id, transaction).set(version, values)
      case .delete(let entity, let id, let version):
        return try RecordWrite(entity, id, transaction).delete(version)
      }
    } catch {
      switch error {
      case .refused(let answer): return answer
      case .store(let error): throw error
      }
    }
  }

  static func noEntity(_ id: UInt32) -> RecordAnswer { .invalid("there is no entity number \(id)") }
}

/// Why a write of a record stops: it is refused with an answer, or the store failed.
private enum RecordStop: Error {
  case refused(RecordAnswer)
  case store(StoreError)
}

/// One write to one record, every rule checked before the statement, so that refusals can name what is wrong.
private struct RecordWrite {
  private typealias Values = [(field: FieldDefinition, value: FieldValue, sql: SQLValue)]

  private let table: RecordTable
  private let id: Int64
  private let transaction: SQLTransaction

  init(_ entity: UInt32, _ id: Int64, _ transaction: SQLTransaction) throws(RecordStop) {
    guard let definition = transaction.catalogue.entity(entity) else {
      throw .refused(WriteRecord.noEntity(entity))
    }
    table = RecordTable(definition)
    self.id = id
    self.transaction = transaction
  }

  private var entity: EntityDefinition { table.entity }

  func create(_ assignments: [FieldAssignment]) throws(RecordStop) -> RecordAnswer {
    let values = try check(assignments)
    if try currentVersion() != nil { return .conflict("\(entity.name) \(id) exists already") }
    for field in entity.fields
    where field.isRequired && !values.contains(where: { $0.field.name == field.name }) {
      return .invalid("\(entity.name).\(field.name) is required")
    }
    try checkAgainstOthers(values)
    try stored { () throws(StoreError) in
      try table.insert(id, values.map { ($0.field, $0.sql) }, in: transaction)
    }
    return .done(version: 1)
  }

  func set(_ version: Int64, _ assignments: [FieldAssignment]) throws(RecordStop) -> RecordAnswer {
    let values = try check(assignments)
    let current = try expect(version)
    try checkAgainstOthers(values)
    try stored { () throws(StoreError) in
      try table.update(id, values.map { ($0.field, $0.sql) }, in: transaction)
    }
    return .done(version: current + 1)
  }

  func delete(_ version: Int64) throws(RecordStop) -> RecordAnswer {
    let current = try expect(version)
    for other in transaction.catalogue.entities {
      for field in other.fields where field.type == .ref(entity.name) {
        let found = try stored { () throws(StoreError) in
          try RecordTable(other).other(than: -1, with: field, .int(id), in: transaction)
        }
        if let found {
          return .conflict("\(entity.name) \(id) is referred to by \(other.name) \(found) (\(field.name))")
        }
      }
    }
    try stored { () throws(StoreError) in try table.delete(id, in: transaction) }
    return .done(version: current)
  }

  /// The current version, if it is the one that the writer has seen (0: whatever it is).
  private func expect(_ version: Int64) throws(RecordStop) -> Int64 {
    guard let current = try currentVersion() else { throw .refused(.notFound) }
    if version != 0, version != current {
      throw .refused(
        .conflict("\(entity.name) \(id) was changed meanwhile: it is at version \(current), not \(version)"))
    }
    return current
  }

  /// Types and required fields; a field given twice is a mistake.
  private func check(_ assignments: [FieldAssignment]) throws(RecordStop) -> Values {
    var values: Values = []
    for assignment in assignments {
      guard let field = table.field(assignment.field) else {
        throw .refused(.invalid("\(entity.name) has no field number \(assignment.field)"))
      }
      let name = "\(entity.name).\(field.name)"
      if values.contains(where: { $0.field.name == field.name }) {
        throw .refused(.invalid("\(name) is given twice"))
      }
      guard let sql = field.type.sql(assignment.value) else {
        throw .refused(.invalid("\(name) is of type \(field.type.name), not \(assignment.value.typeName)"))
      }
      if field.isRequired, sql == .null { throw .refused(.invalid("\(name) is required")) }
      values.append((field, assignment.value, sql))
    }
    return values
  }

  private func checkAgainstOthers(_ values: Values) throws(RecordStop) {
    for (field, value, sql) in values where sql != .null {
      if field.name == entity.naturalKey {
        let taken = try stored { () throws(StoreError) in
          try table.other(than: id, with: field, sql, in: transaction)
        }
        if let taken {
          throw .refused(
            .conflict("\(entity.name).\(field.name) \(value.shown) is taken by \(entity.name) \(taken)"))
        }
      }
      if case .ref(let target) = field.type, case .ref(let other) = value {
        try checkReference(field, to: target, other)
      }
    }
  }

  private func checkReference(_ field: FieldDefinition, to target: String, _ other: Int64) throws(RecordStop)
  {
    guard let number = transaction.catalogue.entityID(named: target),
      let definition = transaction.catalogue.entity(number)
    else { throw .refused(.invalid("there is no entity \(target)")) }
    let version = try stored { () throws(StoreError) in
      try RecordTable(definition).version(of: other, in: transaction)
    }
    if version == nil {
      throw .refused(.invalid("\(entity.name).\(field.name): there is no \(target) \(other)"))
    }
  }

  private func currentVersion() throws(RecordStop) -> Int64? {
    try stored { () throws(StoreError) in try table.version(of: id, in: transaction) }
  }

  private func stored<Result>(_ body: () throws(StoreError) -> Result) throws(RecordStop) -> Result {
    do { return try body() } catch { throw .store(error) }
  }
}
