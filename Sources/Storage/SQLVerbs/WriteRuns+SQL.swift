import DataModel

extension WriteRuns: StoreVerb {
  package static let access = StoreAccess.write

  package var cost: Int { items.count }

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [RunAnswer] {
    let changes = JobChanges(transaction)
    try changes.load(items.map(\.run.job))
    let ended = items.filter { changes[$0.run.job] == nil }.map(\.run.job)
    let done = try DoneRow.find(ended, in: transaction)
    var notes = RunNotes()
    var answers: [RunAnswer] = []
    answers.reserveCapacity(items.count)
    for item in items {
      if let row = done[item.run.job] {
        answers.append(Self.answer(item, ended: row))
        if case .finish = item.act, !row.isOutcome(of: item.run) {
          notes.addLateFinish(item.run, row.outcome)
        }
      } else {
        answers.append(Self.apply(item, changes, &notes))
      }
    }
    try changes.write()
    try notes.write(transaction)
    return answers
  }

  /// A finish or a zombie's return that was stored before is done; all else comes too late.
  private static func answer(_ item: RunWrite, ended row: DoneRow) -> RunAnswer {
    switch item.act {
    case .finish: row.isOutcome(of: item.run) ? .done : .fenced
    case .zombieReturned:
      row.fence == item.run.fence + 1 && row.reason == .zombieReturned ? .done : .fenced
    default: .fenced
    }
  }

  private static func apply(_ item: RunWrite, _ changes: JobChanges, _ notes: inout RunNotes) -> RunAnswer {
    let (job, fence) = (item.run.job, item.run.fence)
    let trigger: JobTrigger
    switch item.act {
    case .progress, .log:
      guard let entry = changes[job], JobTransition.mayWrite(entry.facts, fence) else { return .fenced }
      notes.add(item)
      return .done
    case .start: trigger = .start(fence)
    case .handBack: trigger = .handBack(fence)
    case .passDeadline: trigger = .passDeadline(fence)
    case .endGrace: trigger = .endGrace(fence)
    case .zombieReturned: trigger = .zombieReturned(fence)
    case .finish(let end): trigger = .finish(fence, end)
    }
    var detail = ""
    if case .finish(let end) = item.act, end.code == ReturnCode.unknown { detail = end.message }
    if case .fenced = changes.decide(job, trigger, detail: detail) {
      if case .finish = item.act, let entry = changes[job] {
        changes.noteFencedFinish(entry, fence)
      }
      return .fenced
    }
    return .done
  }
}

extension JobChanges {
  /// A return under an old fence changes nothing, and is told.
  func noteFencedFinish(_ entry: Entry, _ fence: Fence) {
    if entry.reason == .fencedFinish { return }  // told already
    note(entry.job, .fencedFinish, fence: fence, detail: "it returned after its run had been given up")
  }
}

/// What runs say beside their states: progress, log lines, and returns that came after the end.
private struct RunNotes {
  private var progress: [[SQLValue]] = []
  private var logs: [(JobID, LogLine)] = []
  private var lateFinishes: [(JobRun, Outcome)] = []
  private var told: [JobID] = []

  mutating func add(_ item: RunWrite) {
    told.append(item.run.job)
    switch item.act {
    case .progress(let progress):
      self.progress.append([
        .int(item.run.job.rawValue), .int(Int64(bitPattern: progress.done)),
        .int(Int64(bitPattern: progress.total)), .text(progress.message), .int(progress.at),
      ])
    case .log(let lines):
      for line in lines { logs.append((item.run.job, line)) }
    default: break
    }
  }

  mutating func addLateFinish(_ run: JobRun, _ outcome: Outcome) { lateFinishes.append((run, outcome)) }

  func write(_ transaction: SQLTransaction) throws(StoreError) {
    for job in told { transaction.signal(.jobChanged(job)) }
    try transaction.connection.runMany(
      "insert into job_progress (job, done, total, message, at) values ($1, $2, $3, $4, $5) "
        + "on conflict (job) do update set done = excluded.done, total = excluded.total, "
        + "message = excluded.message, at = excluded.at", progress)
    try JobLog.write(logs, in: transaction)
    for (run, outcome) in lateFinishes { try writeLateFinish(run, outcome, transaction) }
  }

  /// A later return is only an event, and is told once a fence.
  private func writeLateFinish(
    _ run: JobRun, _ outcome: Outcome, _ transaction: SQLTransaction
  ) throws(StoreError) {
    let connection = transaction.connection
    let told = try connection.number(
      "select count(*) from job_event where job = $1 and reason = $2 and fence = $3",
      [.int(run.job.rawValue), .text(ReasonCode.fencedFinish.rawValue), .int(run.fence)])
    if told != 0 { return }
    let last = try connection.number(
      "select max(number) from job_event where job = $1", [.int(run.job.rawValue)])
    var rows = JobRows()
    let status = StatusCode(outcome)
    rows.addEvent(
      run.job, number: (last ?? 0) + 1, at: transaction.now, from: status, to: status, .fencedFinish,
      fence: run.fence, detail: "it returned after its run had been given up")
    try rows.write(connection)
    transaction.signal(.jobChanged(run.job))
  }
}

/// Lines of jobs' logs.
enum JobLog {
  static func write(_ lines: [(JobID, LogLine)], in transaction: SQLTransaction) throws(StoreError) {
    if lines.isEmpty { return }
    let first = try transaction.next("log", count: lines.count)
    let rows = lines.enumerated().map { index, line in
      [
        .int(first + Int64(index)), .int(line.0.rawValue), .int(line.1.at), .int(Int64(line.1.level)),
        .text(line.1.text),
      ] as [SQLValue]
    }
    try transaction.connection.runMany(
      "insert into job_log (id, job, at, level, text) values ($1, $2, $3, $4, $5)", rows)
  }
}
