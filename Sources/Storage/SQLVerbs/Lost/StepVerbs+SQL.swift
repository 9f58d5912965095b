import DataModel

extension BeginStep: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> BeginStepAnswer {
    guard try StepTable.mayWrite(run, in: transaction) else { return .fenced }
    if let problem = StepToken.problem(withName: name) { throw StoreError(.invalid, problem) }
    if let row = try StepTable.find(run.job, name, in: transaction) {
      if let result = row.result { return .done(result: result) }
      // Begun by this run: its answer was lost on the way.
      return row.fence == run.fence ? .fresh : .begun
    }
    let last = try transaction.connection.number(
      "select max(number) from job_step where job = $1", [.int(run.job.rawValue)])
    guard (last ?? 0) < Int64(StepToken.countLimit) else { return .full }
    try transaction.connection.run(
      "insert into job_step (job, name, number, fence, state, result, begun_at) "
        + "values ($1, $2, $3, $4, 1, '', $5)",
      [.int(run.job.rawValue), .text(name), .int((last ?? 0) + 1), .int(run.fence), .int(transaction.now)])
    transaction.signal(.jobChanged(run.job))
    return .fresh
  }
}

extension EndStep: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> Bool {
    guard try StepTable.mayWrite(run, in: transaction) else { return false }
    guard result.utf8.count <= StepToken.resultLimit else {
      throw StoreError(.invalid, "the result of a step is longer than \(StepToken.resultLimit) bytes")
    }
    let changed = try transaction.connection.run(
      "update job_step set state = 2, result = $1, done_at = $2 where job = $3 and name = $4 and state = 1",
      [.text(result), .int(transaction.now), .int(run.job.rawValue), .text(name)])
    // Nothing changed: it was recorded before and the answer was lost, or it never began.
    if changed == 0, try StepTable.find(run.job, name, in: transaction) == nil {
      throw StoreError(.notFound, "job \(run.job) has no step \"\(name)\"")
    }
    transaction.signal(.jobChanged(run.job))
    return true
  }
}

extension ListSteps: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [StepRow] {
    try StepTable.all(job, in: transaction)
  }
}

/// Rows of `job_step`.
enum StepTable {
  /// Answers of all steps of a job stop growing here, so that they fit a frame.
  private static let maximumBytes = 8 << 20

  struct Row {
    let fence: Fence
    let result: String?
  }

  static func mayWrite(_ run: JobRun, in transaction: SQLTransaction) throws(StoreError) -> Bool {
    if let scope = try JobScope(in: transaction), try !scope.holds(run.job) { return false }
    let changes = JobChanges(transaction)
    try changes.load([run.job])
    return changes[run.job].map { JobTransition.mayWrite($0.facts, run.fence) } ?? false
  }

  static func find(
    _ job: JobID, _ name: String, in transaction: SQLTransaction
  ) throws(StoreError) -> Row? {
    var found: Row?
    try transaction.connection.query(
      "select fence, state, result from job_step where job = $1 and name = $2",
      [.int(job.rawValue), .text(name)]
    ) { row in
      found = Row(fence: row.int(0), result: row.int(1) == 2 ? row.text(2) : nil)
    }
    return found
  }

  /// The steps that began and of which nobody knows, for people.
  static func open(_ job: JobID, in transaction: SQLTransaction) throws(StoreError) -> [String] {
    try all(job, in: transaction).filter { $0.result == nil }.map {
      "step \"\($0.name)\": it began, and whether it was done is not known (token \($0.token))"
    }
  }

  static func all(_ job: JobID, in transaction: SQLTransaction) throws(StoreError) -> [StepRow] {
    var rows: [StepRow] = []
    var bytes = 0
    try transaction.connection.query(
      "select t.name, t.state, t.result, t.begun_at, t.done_at, s.submitted_at from job_step t "
        + "join job_spec s on s.job = t.job where t.job = $1 order by t.number", [.int(job.rawValue)]
    ) { row in
      guard bytes <= maximumBytes else { return }
      let name = row.text(0)
      let step = StepRow(
        name: name, token: StepToken.make(job: job, submittedAt: row.int(5), name: name),
        result: row.int(1) == 2 ? row.text(2) : nil, begunAt: row.int(3), doneAt: row.optionalInt(4))
      bytes += 128 + name.utf8.count + (step.result?.utf8.count ?? 0)
      rows.append(step)
    }
    return rows
  }
}

extension JobChanges {
  /// Its worker has ended. A job that ends by that has nobody who could say what its open steps came to: they are
  /// named as left behind.
  func loseWorker(_ job: JobID, _ reason: ReasonCode, detail: String) throws(StoreError) -> JobDecision {
    var ended: RunEnd?
    if let facts = self[job]?.facts, case .end = JobTransition.decide(facts, .loseWorker(reason)) {
      ended = RunEnd(code: ReturnCode.unknown, leftBehind: try StepTable.open(job, in: transaction))
    }
    return decide(job, .loseWorker(reason), detail: detail, ended: ended)
  }
}
