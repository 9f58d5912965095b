package import DataModel

/// One write of a run to the data model. The job's fence is checked in the same transaction; a replay with a
/// `sequence` that the job has reached answers what the store says now instead of writing twice.
package struct WriteRecord: Sendable, Equatable {
  package var run: JobRun
  /// 1, 2, 3 ... within the run.
  package var sequence: Int64
  package var change: RecordChange

  package init(run: JobRun, sequence: Int64, change: RecordChange) {
    self.run = run
    self.sequence = sequence
    self.change = change
  }
}

/// One record with the fields asked for, or nil.
package struct ReadRecord: Sendable, Equatable {
  package var entity: UInt32
  package var id: Int64
  package var fields: [UInt32]

  package init(entity: UInt32, id: Int64, fields: [UInt32]) {
    self.entity = entity
    self.id = id
    self.fields = fields
  }
}

/// Ids of records whose field equals the value, ascending.
package struct FindRecords: Sendable, Equatable {
  package var entity: UInt32
  package var match: FieldAssignment
  package var limit: Int

  package init(entity: UInt32, match: FieldAssignment, limit: Int) {
    self.entity = entity
    self.match = match
    self.limit = limit
  }
}
