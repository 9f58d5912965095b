import DataModel

extension WriteRuns: StoreVerb {
  package static let access = StoreAccess.write

  package var cost: Int { items.count }

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [RunAnswer] {
    let changes = JobChanges(transaction)
    try changes.load(items.map(\.run.job))
    let ended = items.filter { changes[$0.run.job] == nil }.map(\.run.job)
    let done = try DoneRow.find(ended, in: transaction)
    let strange = try JobScope.strange(items.map(\.run.job), to: JobScope(in: transaction))
    var notes = RunNotes()
    var finishes = 0
    var answers: [RunAnswer] = []
    answers.reserveCapacity(items.count)
    for item in items {
      if strange.contains(item.run.job) {
        answers.append(.fenced)
      } else if let row = done[item.run.job] {
        answers.append(Self.answer(item, ended: row))
        if case .finish = item.act, !row.isOutcome(of: item.run) {
          notes.addLateFinish(item.run, row.outcome)
        }
      } else {
        let answer = Self.apply(item, changes, &notes)
        if answer == .done, case .finish = item.act { finishes += 1 }
        answers.append(answer)
      }
    }
    try notes.passOverStoredLines(transaction)
    try changes.write()
    try notes.write(transaction)
    if finishes > 0, let group = try NodeTable.find(node, in: transaction)?.group {
      try VersionTable.countCleanRuns(finishes, of: group, in: transaction)
    }
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
  private var logs: [(run: JobRun, line: LogLine)] = []
  /// Runs whose lines have numbers, with the highest one that is stored or is about to be.
  private var lastLines: [JobRun: Int64] = [:]
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
      for line in lines { logs.append((item.run, line)) }
    default: break
    }
  }

  mutating func addLateFinish(_ run: JobRun, _ outcome: Outcome) { lateFinishes.append((run, outcome)) }

  /// A worker whose answer was lost sends its lines again: those that are stored are known by their number within
  /// the run. Before the live rows change: a job that ends in the same request has none afterwards.
  mutating func passOverStoredLines(_ transaction: SQLTransaction) throws(StoreError) {
    for run in Set(logs.filter { $0.line.id > 0 }.map(\.run)) {
      lastLines[run] =
        try transaction.connection.number(
          "select log_lines from job_live where job = $1 and log_fence = $2",
          [.int(run.job.rawValue), .int(run.fence)]) ?? 0
    }
    if lastLines.isEmpty { return }
    var kept: [(run: JobRun, line: LogLine)] = []
    for log in logs {
      if log.line.id > 0 {
        if log.line.id <= lastLines[log.run] ?? 0 { continue }
        lastLines[log.run] = log.line.id
      }
      kept.append(log)
    }
    logs = kept
  }

  func write(_ transaction: SQLTransaction) throws(StoreError) {
    for job in told { transaction.signal(.jobChanged(job)) }
    try transaction.connection.runMany(
      "insert into job_progress (job, done, total, message, at) values ($1, $2, $3, $4, $5) "
        + "on conflict (job) do update set done = excluded.done, total = excluded.total, "
        + "message = excluded.message, at = excluded.at", progress)
    try JobLog.write(logs.map { ($0.run.job, $0.line) }, in: transaction)
    try transaction.connection.runMany(
      "update job_live set log_fence = $1, log_lines = $2 where job = $3",
      lastLines.map { [.int($0.key.fence), .int($0.value), .int($0.key.job.rawValue)] })
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
    var (last, at) = (Int64(0), transaction.now)
    try connection.query(
      "select max(number), max(at) from job_event where job = $1", [.int(run.job.rawValue)]
    ) { row in
      last = row.int(0)
      at = max(at, row.int(1))
    }
    var rows = JobRows()
    let status = StatusCode(outcome)
    rows.addEvent(
      run.job, number: last + 1, at: at, from: status, to: status, .fencedFinish,
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
