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

/// Records of an entity with all their fields, by id, those whose fields equal every value of `matches`. An answer ends
/// early when its texts are many: the last page is the empty one.
package struct ListRecords: Sendable, Equatable {
  package var entity: UInt32
  package var matches: [FieldAssignment]
  /// Only records with a larger id.
  package var after: Int64
  package var limit: Int

  package init(entity: UInt32, matches: [FieldAssignment] = [], after: Int64 = 0, limit: Int) {
    self.entity = entity
    self.matches = matches
    self.after = after
    self.limit = limit
  }
}

/// One record with all its fields, or nil. `entity` 0: of whichever entity has that id.
package struct GetRecord: Sendable, Equatable {
  package var entity: UInt32
  package var id: Int64

  package init(entity: UInt32 = 0, id: Int64) {
    self.entity = entity
    self.id = id
  }
}

/// The records that a job made, and those that it was the last to change, as far as they are there: by entity and id,
/// at most `limit`.
package struct ListJobRecords: Sendable, Equatable {
  package var job: JobID
  package var limit: Int

  package init(job: JobID, limit: Int) {
    self.job = job
    self.limit = limit
  }
}
