package import DataModel

extension SubmitJobs: StoreVerb {
  package static let access = StoreAccess.write
  /// More than this at once would keep every other writer waiting.
  package static let maximumJobs = 10_000
  package static let maximumParamsBytes = 1 << 20

  package var cost: Int { jobs.count }
  package var yields: Bool { jobs.count > 100 }

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [JobID] {
    try check()
    let connection = transaction.connection
    if let first = try connection.number(
      "select first_job from submit_batch where batch = $1", [.blob(batchID)])
    {
      return ids(from: first)
    }
    if jobs.isEmpty { return [] }
    let first = try transaction.next("job", count: jobs.count)
    try connection.run(
      "insert into submit_batch (batch, first_job, jobs, at) values ($1, $2, $3, $4)",
      [.blob(batchID), .int(first), .int(Int64(jobs.count)), .int(transaction.now)])
    try insert(from: first, in: transaction)
    transaction.count(from: nil, to: StatusCode(JobState.ready), jobs: jobs.count)
    transaction.signal(.jobsReady)
    return ids(from: first)
  }

  private func ids(from first: Int64) -> [JobID] {
    (0..<Int64(jobs.count)).map { JobID(first + $0) }
  }

  private func check() throws(StoreError) {
    if batchID.count != 16 {
      throw StoreError(.invalid, "a submit needs a batch id of 16 bytes; this one has \(batchID.count)")
    }
    if jobs.count > Self.maximumJobs {
      throw StoreError(
        .invalid, "a submit of \(jobs.count) jobs is too large",
        cure: "send at most \(Self.maximumJobs) at once")
    }
    for (index, job) in jobs.enumerated() where job.params.utf8.count > Self.maximumParamsBytes {
      throw StoreError(
        .invalid, "the parameters of job \(index + 1) are longer than \(Self.maximumParamsBytes) bytes",
        cure: "pass the name of a file or a record instead")
    }
  }

  private func insert(from first: Int64, in transaction: SQLTransaction) throws(StoreError) {
    let now = SQLValue.int(transaction.now)
    let reason = SQLValue.text(ReasonCode.submitted.rawValue)
    let ready = SQLValue.int(StatusCode(JobState.ready).raw)
    var specs: [[SQLValue]] = []
    var live: [[SQLValue]] = []
    var queue: [[SQLValue]] = []
    var events: [[SQLValue]] = []
    specs.reserveCapacity(jobs.count)
    live.reserveCapacity(jobs.count)
    queue.reserveCapacity(jobs.count)
    events.reserveCapacity(jobs.count)
    for (index, request) in jobs.enumerated() {
      let id = SQLValue.int(first + Int64(index))
      let kind = SQLValue.int(try transaction.kinds.number(request.kind, in: transaction))
      let rule = SQLValue.int(Int64(request.repeatRule.rawValue))
      specs.append([
        id, kind, .text(request.params), rule, .int(request.deadlineMilliseconds),
        .int(request.cleanupMilliseconds), .int(request.graceMilliseconds), now,
      ])
      live.append([id, kind, rule, ready, reason, now])
      queue.append([kind, id])
      events.append([id, .int(1), now, .int(0), ready, reason, .int(0), .text("")])
    }
    let connection = transaction.connection
    try connection.runMany(
      "insert into job_spec (job, kind, params, repeat_rule, deadline_ms, cleanup_ms, grace_ms, submitted_at) "
        + "values ($1, $2, $3, $4, $5, $6, $7, $8)", specs)
    try connection.runMany(
      "insert into job_live (job, kind, repeat_rule, state, fence, attempt, cancel_requested, write_seq, events, "
        + "reason, changed_at) values ($1, $2, $3, $4, 0, 0, 0, 0, 1, $5, $6)", live)
    try connection.runMany("insert into job_ready (kind, job) values ($1, $2)", queue)
    try connection.runMany(JobRows.insertEvent, events)
  }
}
