import DataModel

extension PruneHistory: StoreVerb {
  package static let access = StoreAccess.write
  package static let maximumRows = 10_000

  /// Counters: how long jobs are kept, and up to which ended job logs have been removed.
  static let keptFor = "jobs_kept_ms"
  static let logsDoneAt = "logs_done_at"
  static let logsDoneJob = "logs_done_job"

  package var cost: Int { max(1, min(rows, Self.maximumRows)) }
  package var yields: Bool { true }

  package func run(in transaction: SQLTransaction) throws(StoreError) -> PruneAnswer {
    var pruning = Pruning(transaction, rows: cost)
    try pruning.readNewest()
    if try transaction.counter(Self.keptFor) != keptFor { try pruning.set(Self.keptFor, keptFor) }
    if let jobsBefore { try pruning.removeJobs(endedBefore: jobsBefore) }
    if let logsBefore { try pruning.removeLogs(ofJobsEndedBefore: logsBefore) }
    if let jobsBefore { try pruning.removeNodes(endedBefore: jobsBefore) }
    if let jobsBefore { try pruning.removePlugins(goneBefore: jobsBefore) }
    if let batchesBefore { try pruning.removeBatches(before: batchesBefore) }
    return pruning.answer
  }
}

/// One bounded round of removing.
private struct Pruning {
  /// What is told of a job beside its log, which may be long; the row that says that it has ended goes last.
  private static let tables = ["job_event", "job_progress", "job_step", "job_spec", "job_done"]

  private let transaction: SQLTransaction
  private let connection: any SQLConnection
  private var rowsLeft: Int
  private(set) var answer = PruneAnswer()

  init(_ transaction: SQLTransaction, rows: Int) {
    self.transaction = transaction
    connection = transaction.connection
    rowsLeft = rows
  }

  mutating func readNewest() throws(StoreError) {
    for sql in ["select max(finished_at) from job_done", "select max(since) from node"] {
      answer.newest = max(answer.newest, try connection.number(sql, []) ?? 0)
    }
  }

  func set(_ counter: String, _ value: Int64) throws(StoreError) {
    try connection.run("update counter set value = $1 where name = $2", [.int(value), .text(counter)])
  }

  /// A job goes with all that is told of it or not at all, but for its log: that may take several rounds.
  mutating func removeJobs(endedBefore limit: Milliseconds) throws(StoreError) {
    var old: [(job: Int64, outcome: Int64)] = []
    try connection.query(
      "select job, outcome from job_done where finished_at < $1 order by finished_at, job limit $2",
      [.int(limit), .int(Int64(rowsLeft))]
    ) { old.append(($0.int(0), $0.int(1))) }
    for (job, outcome) in old {
      guard rowsLeft > 0, try removeLog(of: job) else { return stop() }
      for table in Self.tables {
        rowsLeft -= try connection.run("delete from \(table) where job = $1", [.int(job)])
      }
      if let outcome = Outcome(rawValue: UInt8(truncatingIfNeeded: outcome)) {
        transaction.uncount(StatusCode(outcome))
      }
      answer.jobs += 1
    }
  }

  /// Goes over ended jobs in the order of their end, from where the last round came to.
  mutating func removeLogs(ofJobsEndedBefore limit: Milliseconds) throws(StoreError) {
    guard rowsLeft > 0 else { return stop() }
    var at = try transaction.counter(PruneHistory.logsDoneAt)
    var job = try transaction.counter(PruneHistory.logsDoneJob)
    var old: [(at: Int64, job: Int64)] = []
    try connection.query(
      "select finished_at, job from job_done where (finished_at, job) > ($1, $2) and finished_at < $3 "
        + "order by finished_at, job limit $4",
      [.int(at), .int(job), .int(limit), .int(Int64(rowsLeft))]
    ) { old.append(($0.int(0), $0.int(1))) }
    if old.isEmpty { return }
    for ended in old {
      guard rowsLeft > 0, try removeLog(of: ended.job) else {
        stop()
        break
      }
      // A job without a log has cost a look.
      rowsLeft -= 1
      (at, job) = ended
    }
    try set(PruneHistory.logsDoneAt, at)
    try set(PruneHistory.logsDoneJob, job)
    if rowsLeft <= 0 { stop() }
  }

  mutating func removeNodes(endedBefore limit: Milliseconds) throws(StoreError) {
    guard rowsLeft > 0 else { return stop() }
    rowsLeft -= try connection.run(
      "delete from node where id in (select id from node where ended_at < $1 "
        + "and id not in (select node from job_live where node is not null) limit $2)",
      [.int(limit), .int(Int64(rowsLeft))])
  }

  /// What a file was that went so long ago: its jobs would have ended by now, or say that nobody knows their plug-in.
  mutating func removePlugins(goneBefore limit: Milliseconds) throws(StoreError) {
    guard rowsLeft > 0 else { return stop() }
    rowsLeft -= try connection.run(
      "delete from plugin_file where file in (select file from plugin_file where state = $1 "
        + "and changed_at < $2 limit $3)",
      [.int(Int64(PluginFile.State.removed.rawValue)), .int(limit), .int(Int64(rowsLeft))])
  }

  mutating func removeBatches(before limit: Milliseconds) throws(StoreError) {
    guard rowsLeft > 0 else { return stop() }
    rowsLeft -= try connection.run(
      "delete from submit_batch where batch in (select batch from submit_batch where at < $1 limit $2)",
      [.int(limit), .int(Int64(rowsLeft))])
    if rowsLeft <= 0 { stop() }
  }

  /// False when some of it is left.
  private mutating func removeLog(of job: Int64) throws(StoreError) -> Bool {
    let removed = try connection.run(
      "delete from job_log where id in (select id from job_log where job = $1 order by id limit $2)",
      [.int(job), .int(Int64(rowsLeft))])
    rowsLeft -= removed
    answer.logLines += removed
    if rowsLeft > 0 { return true }
    return try connection.number("select count(*) from job_log where job = $1 limit 1", [.int(job)]) == 0
  }

  private mutating func stop() { answer.isDone = false }
}
