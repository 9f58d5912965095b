import DataModel

extension GetJob: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> JobRow? {
    var found: JobRow?
    try transaction.connection.query(JobRowQuery.live + " where l.job = $1", [.int(job.rawValue)]) {
      found = JobRowQuery.liveRow($0)
    }
    if found == nil {
      try transaction.connection.query(JobRowQuery.done + " where d.job = $1", [.int(job.rawValue)]) {
        found = JobRowQuery.doneRow($0)
      }
    }
    return found
  }
}

extension CountJobs: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [String: Int] {
    var counts: [String: Int] = [:]
    try transaction.connection.query("select status, jobs from job_count", []) { row in
      counts[StatusCode(raw: row.int(0)).name] = Int(row.int(1))
    }
    return counts
  }
}

/// How a `JobRow` is read: from the live row or from the end, each with its spec.
enum JobRowQuery {
  private static let spec =
    "s.job, k.plugin, k.action, s.params, s.repeat_rule, s.deadline_ms, s.submitted_at, "
    + "p.done, p.total, p.message, p.at"
  private static let joins =
    " left join job_progress p on p.job = s.job join job_kind k on k.id = s.kind"

  static let live = liveColumns + " from job_live l join job_spec s on s.job = l.job" + joins
  /// Only jobs that a worker holds; in no order.
  static let active =
    liveColumns + " from job_active a join job_live l on l.job = a.job join job_spec s on s.job = a.job"
    + joins
  static let done =
    "select \(spec), d.fence, d.attempt, d.node, d.started_at, d.cancel_requested, d.reason, d.outcome, "
    + "d.code, d.message, d.result, d.left_behind, d.cpu_ns, d.wall_ns, d.host_calls, d.finished_at, "
    + "d.allocations, d.allocated_bytes, d.peak_bytes, d.live_bytes, d.live_blocks "
    + "from job_done d join job_spec s on s.job = d.job" + joins

  private static let liveColumns =
    "select \(spec), l.fence, l.attempt, l.node, l.started_at, l.cancel_requested, l.reason, l.state"

  static func liveRow(_ row: any SQLRow) -> JobRow {
    self.row(row, .live(JobState(rawValue: UInt8(truncatingIfNeeded: row.int(17))) ?? .lost))
  }

  static func doneRow(_ row: any SQLRow) -> JobRow {
    let end = JobEnd(
      outcome: Outcome(rawValue: UInt8(truncatingIfNeeded: row.int(17))) ?? .failed,
      code: Int32(truncatingIfNeeded: row.int(18)), message: row.text(19), result: row.optionalText(20),
      leftBehind: leftBehind(row),
      usage: Usage(
        cpuNanoseconds: row.int(22), wallNanoseconds: row.int(23), hostCalls: row.int(24), memory: memory(row)
      ),
      finishedAt: row.int(25))
    return self.row(row, .ended(end))
  }

  private static func memory(_ row: any SQLRow) -> MemoryUsage? {
    row.isNull(26)
      ? nil
      : MemoryUsage(
        allocations: row.int(26), allocatedBytes: row.int(27), peakBytes: row.int(28), liveBytes: row.int(29),
        liveBlocks: row.int(30))
  }

  private static func leftBehind(_ row: any SQLRow) -> [String] {
    if row.isNull(21) { return [] }
    var reader = WireReader(row.blob(21))
    return (try? reader.value([String].self)) ?? ["(the text of what is left behind cannot be read)"]
  }

  private static func row(_ row: any SQLRow, _ status: JobStatus) -> JobRow {
    var progress: JobProgress?
    if !row.isNull(7) {
      progress = JobProgress(
        done: UInt64(bitPattern: row.int(7)), total: UInt64(bitPattern: row.int(8)), message: row.text(9),
        at: row.int(10))
    }
    return JobRow(
      id: JobID(row.int(0)), kind: JobKind(plugin: row.text(1), action: row.text(2)), params: row.text(3),
      repeatRule: RepeatRule(rawValue: UInt8(truncatingIfNeeded: row.int(4))) ?? .never,
      deadlineMilliseconds: row.int(5), submittedAt: row.int(6), status: status, fence: row.int(11),
      attempt: Int(row.int(12)), node: row.optionalInt(13).map { NodeID($0) },
      startedAt: row.optionalInt(14), cancelRequested: row.int(15) != 0, progress: progress,
      reason: ReasonCode(rawValue: row.text(16)) ?? .submitted)
  }
}
