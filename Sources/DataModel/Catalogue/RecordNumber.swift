/// A record's id: made by the run that makes the record, out of its job, its fence and a number, so that a create can
/// be repeated, and so that the id says whose work the record is.
package enum RecordNumber {
  /// Records that one run can make.
  package static let mostPerRun: Int64 = 0xFFFF

  /// `number`: 1 to `mostPerRun`.
  package static func make(job: JobID, fence: Fence, number: Int64) -> Int64 {
    job.rawValue << 24 | (fence & 0xFF) << 16 | (number & 0xFFFF)
  }

  /// The job that made the record; nil for an id that no run has made.
  package static func job(of id: Int64) -> JobID? { id >> 24 > 0 ? JobID(id >> 24) : nil }

  /// The ids of all records that a job can have made.
  package static func range(of job: JobID) -> ClosedRange<Int64> {
    let first = job.rawValue << 24
    return first...(first | 0xFF_FFFF)
  }
}
