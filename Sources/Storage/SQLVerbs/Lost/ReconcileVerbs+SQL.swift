import DataModel

extension ClaimReconciles: StoreVerb {
  package static let access = StoreAccess.write
  static let maximumLeases = 100
  /// An answer ends early when its texts come to this: with one lease more, whose steps are the longest there can be,
  /// it still fits a frame.
  private static let maximumBytes = 4 << 20

  package func run(in transaction: SQLTransaction) throws(StoreError) -> ReconcileClaims {
    let row = try NodeTable.living(node, in: transaction)
    try LostTable.release(node, except: asking, in: transaction)
    var answer = ReconcileClaims(leases: [], nextDueInMilliseconds: nil)
    guard row.order == .run else { return answer }
    // As for claims of jobs: decided here, however old the worker's list is.
    let strangers = try VersionTable.strangers(to: row.group, in: transaction)
    var bytes = 0
    for kind in Set(kinds) where !strangers.contains(kind.plugin) {
      guard let number = try transaction.kinds.find(kind, in: transaction) else { continue }
      let room = min(limit, Self.maximumLeases) - answer.leases.count
      if room > 0, bytes < Self.maximumBytes {
        answer.leases += try claim(kind, number, room, &bytes, in: transaction)
      }
      let next = try transaction.connection.number(
        "select min(due_at) from job_lost where kind = $1 and due_at is not null", [.int(number)])
      guard let next else { continue }
      let wait = max(0, next - transaction.now)
      answer.nextDueInMilliseconds = min(wait, answer.nextDueInMilliseconds ?? wait)
    }
    return answer
  }

  private func claim(
    _ kind: JobKind, _ number: Int64, _ room: Int, _ bytes: inout Int, in transaction: SQLTransaction
  ) throws(StoreError) -> [ReconcileLease] {
    var leases: [ReconcileLease] = []
    var messages: [String] = []
    try transaction.connection.query(Self.dueQuery, [.int(number), .int(transaction.now), .int(Int64(room))])
    {
      row in
      leases.append(
        ReconcileLease(
          ask: 0, run: JobRun(job: JobID(row.int(0)), fence: row.int(1)), kind: kind, params: row.text(2),
          attempt: Int(row.int(3)), submittedAt: row.int(4), reason: "",
          leftBehind: LostTable.leftBehind(row, 6), steps: []))
      messages.append(row.text(5))
    }
    for index in leases.indices {
      let job = leases[index].run.job
      guard bytes < Self.maximumBytes else {
        leases.removeSubrange(index...)
        break
      }
      leases[index].reason = try LostTable.reason(job, message: messages[index], in: transaction)
      leases[index].steps = try StepTable.all(job, in: transaction)
      bytes += leases[index].textBytes
    }
    if leases.isEmpty { return [] }
    let first = try transaction.next("ask", count: leases.count)
    for index in leases.indices {
      leases[index].ask = first + Int64(index)
    }
    try transaction.connection.runMany(
      "update job_lost set node = $1, ask = $2, due_at = null where job = $3",
      leases.map { [.int(node.rawValue), .int($0.ask), .int($0.run.job.rawValue)] })
    return leases
  }

  /// The lost jobs of one kind that are due. Its plan is pinned by a test.
  package static let dueQuery =
    "select o.job, l.fence, s.params, l.attempt, s.submitted_at, o.message, o.left_behind from job_lost o "
    + "join job_live l on l.job = o.job join job_spec s on s.job = o.job "
    + "where o.kind = $1 and o.due_at <= $2 order by o.due_at, o.job limit $3"
}

extension ReconcileLease {
  /// About what its texts take on the wire.
  fileprivate var textBytes: Int {
    steps.reduce(params.utf8.count + reason.utf8.count) {
      $0 + 128 + $1.name.utf8.count + ($1.result?.utf8.count ?? 0)
    }
  }
}

extension FinishReconcile: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> Bool {
    guard let lost = try LostTable.find(job, in: transaction), let asker = lost.node, lost.ask == ask else {
      return false
    }
    if case .worker(let speaker) = transaction.speaker, speaker != asker { return false }
    guard let answer else {
      try transaction.connection.run(
        "update job_lost set node = null, due_at = $1 where job = $2",
        [.int(transaction.now), .int(job.rawValue)])
      return true
    }
    try JobLog.write(logs.map { (job, $0) }, in: transaction)
    let changes = JobChanges(transaction)
    try changes.load([job])
    guard let entry = changes[job] else { return false }
    // What says nothing new is no event: an outside system may be away for days.
    if !Self.stays(entry.facts, answer) || lost.row.answer != answer.sentence {
      changes.decide(
        job, .reconcile(answer), detail: answer.sentence, ended: Self.end(answer, lost.row))
      try changes.write()
    }
    if let facts = changes[job]?.facts, facts.state == .lost {
      let tries = lost.row.tries + 1
      try transaction.connection.run(
        "update job_lost set node = null, tries = $1, due_at = $2, answer = $3, asked_at = $4 where job = $5",
        [
          .int(Int64(tries)), .int(transaction.now + ReconcileAnswer.pause(afterTries: tries)),
          .text(answer.sentence), .int(transaction.now), .int(job.rawValue),
        ])
    }
    transaction.signal(.jobChanged(job))
    return true
  }

  private static func stays(_ facts: JobFacts, _ answer: ReconcileAnswer) -> Bool {
    if case .move(let next, _, _, _) = JobTransition.decide(facts, .reconcile(answer)) {
      return next.state == .lost
    }
    return false
  }

  /// What its end is stored with: the run's own return is not known.
  private static func end(_ answer: ReconcileAnswer, _ lost: LostRow) -> RunEnd {
    guard case .done(_, let result) = answer else {
      return RunEnd(code: ReturnCode.unknown, leftBehind: lost.leftBehind)
    }
    return RunEnd(code: ReturnCode.unknown, result: result, leftBehind: lost.leftBehind)
  }
}

extension RequestReconcile: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> LostJobAnswer {
    if let refusal = try LostJobAnswer.refusal(job, in: transaction) { return refusal }
    try transaction.connection.run(
      "update job_lost set due_at = $1 where job = $2 and node is null",
      [.int(transaction.now), .int(job.rawValue)])
    try LostTable.callWorkers(transaction)
    return .done
  }
}

extension LostJobAnswer {
  /// Why nothing can be decided about that job; nil when it is lost.
  static func refusal(_ job: JobID, in transaction: SQLTransaction) throws(StoreError) -> LostJobAnswer? {
    guard let row = try GetJob(job: job).run(in: transaction) else { return .notFound }
    return row.status == .live(.lost) ? nil : .notLost(row.status.name)
  }
}
