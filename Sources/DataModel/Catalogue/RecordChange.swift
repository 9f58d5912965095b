/// A value of a record's field.
package enum FieldValue: Sendable, Equatable, Codable {
  case null
  case bool(Bool)
  case int(Int64)
  case real(Double)
  case string(String)
  case instant(Milliseconds)
  case ref(Int64)
}

/// One field and its value; `field` is the catalogue's id.
package struct FieldAssignment: Sendable, Equatable, Codable {
  package var field: UInt32
  package var value: FieldValue

  package init(field: UInt32, value: FieldValue) {
    self.field = field
    self.value = value
  }
}

/// One write to the data model. `version` 0 means "whatever it is".
package enum RecordChange: Sendable, Equatable {
  case create(entity: UInt32, id: Int64, values: [FieldAssignment])
  case set(entity: UInt32, id: Int64, version: Int64, values: [FieldAssignment])
  case delete(entity: UInt32, id: Int64, version: Int64)
}

/// What a write came to: the new version, or why it was refused.
package enum RecordAnswer: Sendable, Equatable {
  case done(version: Int64)
  case notFound
  /// Somebody else changed it, its natural key is taken, or another record refers to it: the text says which.
  case conflict(String)
  case invalid(String)
  /// The run no longer owns the job.
  case fenced
}

/// A record as it was read.
package struct RecordRow: Sendable, Equatable, Codable {
  package var id: Int64
  package var version: Int64
  package var values: [FieldAssignment]

  package init(id: Int64, version: Int64, values: [FieldAssignment]) {
    self.id = id
    self.version = version
    self.values = values
  }
}

/// A record with where it comes from.
package struct RecordFacts: Sendable, Equatable, Codable {
  package var entity: UInt32
  /// With every field of the entity.
  package var row: RecordRow
  /// The job whose run changed it last, by number; 0 when nobody has since it was made.
  package var changedBy: Int64

  package init(entity: UInt32, row: RecordRow, changedBy: Int64) {
    self.entity = entity
    self.row = row
    self.changedBy = changedBy
  }

  package var createdByJob: JobID? { RecordNumber.job(of: row.id) }
  package var changedByJob: JobID? { changedBy > 0 ? JobID(changedBy) : nil }
}
