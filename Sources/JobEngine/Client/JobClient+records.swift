package import DataModel
package import Storage

/// The data model, for people who look.
extension JobClient {
  /// As many records as were asked for, if there are so many, by id.
  package func records(_ query: ListRecords) throws(EngineError) -> [RecordFacts] {
    var rows: [RecordFacts] = []
    var page = query
    while rows.count < query.limit {
      page.limit = query.limit - rows.count
      let more = try ask(page)
      guard let last = more.last else { break }
      rows += more
      page.after = last.row.id
    }
    return rows
  }

  /// Nil when there is none. `entity` 0: of whichever entity has that id.
  package func record(entity: UInt32 = 0, id: Int64) throws(EngineError) -> RecordFacts? {
    try ask(GetRecord(entity: entity, id: id))
  }

  /// What a job made, and what it was the last to change.
  package func records(of job: JobID, limit: Int) throws(EngineError) -> [RecordFacts] {
    try ask(ListJobRecords(job: job, limit: limit))
  }
}
