import DataModel

extension RequestCancel: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> CancelAnswer {
    let changes = JobChanges(transaction)
    try changes.load([job])
    guard let before = changes[job] else {
      return try DoneRow.find(job, in: transaction).map { .alreadyEnded($0.outcome) } ?? .notFound
    }
    let decision = changes.decide(job, .requestCancel)
    try changes.write()
    switch decision {
    case .end: return .cancelled
    case .move: return .cancelling
    case .fenced, .none:
      return before.facts.state == .cancelling ? .cancelling : .unreachable(before.facts.state)
    }
  }
}

extension CancelNodeJobs: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> Int {
    let changes = JobChanges(transaction)
    if let node {
      try transaction.connection.query(EndNode.jobsOfNode, [.int(node.rawValue)]) {
        changes.adopt(JobChanges.entry($0))
      }
    } else {
      try transaction.connection.query(
        "select \(JobChanges.columns) from job_active a join job_live l on l.job = a.job", []
      ) { changes.adopt(JobChanges.entry($0)) }
    }
    var told = 0
    for entry in changes.live {
      // One that has not started is no work to be stopped: it waits for the next worker.
      let isLeased = entry.facts.state == .leased
      switch changes.decide(entry.job, isLeased ? .handBack(entry.facts.fence) : .requestCancel) {
      case .move where isLeased: break
      case .move, .end: told += 1
      case .fenced, .none: break
      }
    }
    try changes.write()
    return told
  }
}

/// What `job_done` knows that decides about late words of a run.
struct DoneRow {
  let outcome: Outcome
  let fence: Fence
  let reason: ReasonCode?

  /// Whether that run's finish was stored: its job may as well have been ended for it, under the same fence, because its
  /// worker had.
  func isOutcome(of run: JobRun) -> Bool {
    guard fence == run.fence else { return false }
    switch reason {
    case .returned, .cancelTooLate, .finishedLate: return true
    default: return false
    }
  }

  static func find(_ job: JobID, in transaction: SQLTransaction) throws(StoreError) -> DoneRow? {
    try find([job], in: transaction)[job]
  }

  static func find(_ jobs: [JobID], in transaction: SQLTransaction) throws(StoreError) -> [JobID: DoneRow] {
    var found: [JobID: DoneRow] = [:]
    if jobs.isEmpty { return found }
    try transaction.connection.queryEach(
      "select job, outcome, fence, reason from job_done where job = $1", jobs.map(\.rawValue)
    ) { row in
      found[JobID(row.int(0))] = DoneRow(
        outcome: Outcome(rawValue: UInt8(truncatingIfNeeded: row.int(1))) ?? .failed, fence: row.int(2),
        reason: ReasonCode(rawValue: row.text(3)))
    }
    return found
  }
}
