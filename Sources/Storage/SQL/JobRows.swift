import DataModel

/// Rows about jobs on their way into the tables, grouped by statement.
struct JobRows {
  private var updates: [[SQLValue]] = []
  private var deletes: [[SQLValue]] = []
  private var done: [[SQLValue]] = []
  private var events: [[SQLValue]] = []
  private var queued: [[SQLValue]] = []
  private var unqueued: [[SQLValue]] = []
  private var activated: [[SQLValue]] = []
  private var deactivated: [[SQLValue]] = []
  private var called: [[SQLValue]] = []
  private var uncalled: [[SQLValue]] = []
  private var lost: [[SQLValue]] = []
  private var found: [[SQLValue]] = []

  static let insertEvent =
    "insert into job_event (job, number, at, from_status, to_status, reason, fence, detail) "
    + "values ($1, $2, $3, $4, $5, $6, $7, $8)"

  mutating func addEvent(
    _ job: JobID, number: Int64, at: Milliseconds, from: StatusCode, to: StatusCode, _ reason: ReasonCode,
    fence: Fence, detail: String
  ) {
    events.append([
      .int(job.rawValue), .int(number), .int(at), .int(from.raw), .int(to.raw), .text(reason.rawValue),
      .int(fence), .text(detail),
    ])
  }

  mutating func addDone(
    _ entry: JobChanges.Entry, _ outcome: Outcome, message: String, run: RunEnd?, now: Milliseconds
  ) {
    let usage = run?.usage ?? Usage()
    // An outcome reached while nobody served is told late; its time is the worker's, within what can be.
    let told = run?.endedAt ?? 0
    let finishedAt = told > 0 ? min(now, max(told, entry.startedAt ?? 0)) : now
    done.append([
      .int(entry.job.rawValue), .int(Int64(outcome.rawValue)), .int(entry.facts.fence),
      .int(Int64(entry.facts.attempt)), .int(entry.facts.cancelRequested ? 1 : 0),
      .optional(entry.node?.rawValue), .optional(entry.startedAt), .int(finishedAt),
      .int(Int64(run?.code ?? 0)),
      .text(message), .optional(run?.result), Self.leftBehind(run?.leftBehind ?? []),
      .int(usage.cpuNanoseconds), .int(usage.wallNanoseconds), .int(usage.hostCalls),
      .text(entry.reason.rawValue), .optional(usage.memory?.allocations),
      .optional(usage.memory?.allocatedBytes), .optional(usage.memory?.peakBytes),
      .optional(usage.memory?.liveBytes), .optional(usage.memory?.liveBlocks),
    ])
  }

  /// Notes how the live row and the queues have to change for an entry to be stored as it stands.
  mutating func add(_ entry: JobChanges.Entry, now: Milliseconds) {
    let (job, facts) = (SQLValue.int(entry.job.rawValue), entry.facts)
    let key: [SQLValue] = [job, .int(entry.stored.fence), .int(Int64(entry.stored.state.rawValue))]
    if entry.hasEnded {
      deletes.append(key)
    } else {
      updates.append(
        [
          .int(Int64(facts.state.rawValue)), .int(facts.fence), .int(Int64(facts.attempt)),
          .int(facts.cancelRequested ? 1 : 0), .optional(entry.node?.rawValue), .optional(entry.startedAt),
          .int(entry.writeSequence), .int(entry.events), .text(entry.reason.rawValue),
          .int(facts.runEnded ? 1 : 0), .int(entry.changedAt),
        ] + key)
    }
    let (was, will) = (entry.stored, entry.hasEnded ? nil : facts)
    Self.move([.int(entry.kind), job], was.isQueued, will?.isQueued ?? false, &queued, &unqueued)
    moveNodeRow(job, entry, was.isActive, will?.isActive ?? false, \.activated, \.deactivated)
    moveNodeRow(job, entry, was.isCalled, will?.isCalled ?? false, \.called, \.uncalled)
    let lostRow: [SQLValue] = [
      job, .int(entry.kind), .int(now), .text(entry.lostMessage), Self.leftBehind(entry.lostLeftBehind),
    ]
    if was.state != .lost, will?.state == .lost { lost.append(lostRow) }
    if was.state == .lost, will?.state != .lost { found.append([job]) }
  }

  /// Every statement names state and fence: a row that is not as it was read is a fault, and undoes the verb.
  func write(_ connection: any SQLConnection) throws(StoreError) {
    try expect(
      updates,
      connection.runMany(
        "update job_live set state = $1, fence = $2, attempt = $3, cancel_requested = $4, node = $5, "
          + "started_at = $6, write_seq = $7, events = $8, reason = $9, run_ended = $10, changed_at = $11 "
          + "where job = $12 and fence = $13 and state = $14", updates))
    try expect(
      deletes,
      connection.runMany("delete from job_live where job = $1 and fence = $2 and state = $3", deletes))
    try connection.runMany("delete from job_lost where job = $1", found)
    try connection.runMany(
      "insert into job_lost (job, kind, since, message, left_behind, tries, due_at, ask, answer) "
        + "values ($1, $2, $3, $4, $5, 0, $3, 0, '')", lost)
    try connection.runMany("delete from job_ready where kind = $1 and job = $2", unqueued)
    try connection.runMany("insert into job_ready (kind, job) values ($1, $2)", queued)
    try connection.runMany("delete from job_active where node = $1 and job = $2", deactivated)
    try connection.runMany("insert into job_active (node, job) values ($1, $2)", activated)
    try connection.runMany("delete from job_cancel where node = $1 and job = $2", uncalled)
    try connection.runMany("insert into job_cancel (node, job) values ($1, $2)", called)
    try connection.runMany(
      "insert into job_done (job, outcome, fence, attempt, cancel_requested, node, started_at, finished_at, "
        + "code, message, result, left_behind, cpu_ns, wall_ns, host_calls, reason, allocations, "
        + "allocated_bytes, peak_bytes, live_bytes, live_blocks) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
        + "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)", done)
    try connection.runMany(Self.insertEvent, events)
  }

  private func expect(_ rows: [[SQLValue]], _ changed: Int) throws(StoreError) {
    guard rows.count == changed else {
      throw StoreError(.database, "the store's live rows changed under their writer; nothing was written")
    }
  }

  private mutating func moveNodeRow(
    _ job: SQLValue, _ entry: JobChanges.Entry, _ was: Bool, _ will: Bool,
    _ inserts: WritableKeyPath<JobRows, [[SQLValue]]>, _ removals: WritableKeyPath<JobRows, [[SQLValue]]>
  ) {
    let hasMoved = entry.storedNode != entry.node
    if was, !will || hasMoved, let node = entry.storedNode {
      self[keyPath: removals].append([.int(node.rawValue), job])
    }
    if will, !was || hasMoved, let node = entry.node {
      self[keyPath: inserts].append([.int(node.rawValue), job])
    }
  }

  private static func move(
    _ row: [SQLValue], _ was: Bool, _ will: Bool, _ inserts: inout [[SQLValue]],
    _ removals: inout [[SQLValue]]
  ) {
    if was, !will { removals.append(row) }
    if will, !was { inserts.append(row) }
  }

  static func leftBehind(_ texts: [String]) -> SQLValue {
    if texts.isEmpty { return .null }
    var writer = WireWriter()
    writer.put(texts)
    return .blob(writer.bytes)
  }
}

extension JobFacts {
  /// Has a row in `job_ready`.
  var isQueued: Bool { state == .ready }
  /// Has a row in `job_active`: a worker holds it.
  var isActive: Bool { state == .leased || state == .running || state == .cancelling || state == .zombie }
  /// Has a row in `job_cancel`: its worker is told again at each claim.
  var isCalled: Bool { state == .cancelling && cancelRequested }
}
