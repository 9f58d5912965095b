import DataModel

/// Rows of `job_lost`.
enum LostTable {
  private static let query =
    "select o.job, o.since, l.run_ended, o.message, o.left_behind, o.tries, o.due_at, o.answer, o.asked_at, "
    + "o.ask, o.node from job_lost o join job_live l on l.job = o.job where o.job = $1"

  struct Row {
    var row: LostRow
    var ask: Int64
    var node: NodeID?
  }

  static func find(_ job: JobID, in transaction: SQLTransaction) throws(StoreError) -> Row? {
    var found: Row?
    try transaction.connection.query(query, [.int(job.rawValue)]) { row in
      found = Row(
        row: LostRow(
          job: JobID(row.int(0)), since: row.int(1), runEnded: row.int(2) != 0, message: row.text(3),
          leftBehind: leftBehind(row, 4), tries: Int(row.int(5)), dueAt: row.optionalInt(6),
          answer: row.text(7), answeredAt: row.optionalInt(8)),
        ask: row.int(9), node: row.optionalInt(10).map { NodeID($0) })
    }
    return found
  }

  static func leftBehind(_ row: any SQLRow, _ column: Int) -> [String] {
    if row.isNull(column) { return [] }
    var reader = WireReader(row.blob(column))
    return (try? reader.value([String].self)) ?? ["(the text of what is left behind cannot be read)"]
  }

  /// Questions that the node was given are free to be asked by others, those in `except` apart.
  static func release(
    _ node: NodeID, except: [Int64] = [], in transaction: SQLTransaction
  ) throws(StoreError) {
    var jobs: [[SQLValue]] = []
    try transaction.connection.query(
      "select job, ask from job_lost where node = $1", [.int(node.rawValue)]
    ) { row in
      if !except.contains(row.int(1)) { jobs.append([.int(transaction.now), .int(row.int(0))]) }
    }
    if jobs.isEmpty { return }
    try transaction.connection.runMany("update job_lost set node = null, due_at = $1 where job = $2", jobs)
    try callWorkers(transaction)
  }

  /// Wakes the workers that may ask for lost jobs.
  static func callWorkers(_ transaction: SQLTransaction) throws(StoreError) {
    try transaction.connection.query("select id from node where ended_at is null", []) {
      transaction.signal(.nodeCalled(NodeID($0.int(0))))
    }
  }

  /// A job of which only its row says why it is lost.
  static func reason(
    _ job: JobID, message: String, in transaction: SQLTransaction
  ) throws(StoreError) -> String {
    if !message.isEmpty { return message }
    var text = ""
    try transaction.connection.query(
      "select reason, detail from job_event where job = $1 and to_status = $2 and from_status <> $2 "
        + "order by number desc limit 1",
      [.int(job.rawValue), .int(StatusCode(JobState.lost).raw)]
    ) { row in
      let sentence = ReasonCode(rawValue: row.text(0))?.sentence ?? row.text(0)
      text = row.text(1).isEmpty ? sentence : row.text(1)
    }
    return text
  }
}

extension GetLost: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> LostRow? {
    try LostTable.find(job, in: transaction)?.row
  }
}
