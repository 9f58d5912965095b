import DataModel

extension ListJobs: StoreVerb {
  package static let access = StoreAccess.read
  /// An answer ends early when its texts come to this, so that it fits a frame: it may hold fewer jobs than
  /// `limit`; the last page is the empty one.
  static let maximumBytes = 4 << 20
  package static let maximumRows = 1000

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [JobRow] {
    let states = self.states.compactMap { JobState(name: $0) }
    let outcomes = self.states.compactMap { Outcome(name: $0) }
    if states.count + outcomes.count < self.states.count {
      let bad = self.states.filter { JobState(name: $0) == nil && Outcome(name: $0) == nil }
      let names = StatusCode.all.map(\.name).joined(separator: ", ")
      throw StoreError(.invalid, "'\(bad[0])' is no state of a job", cure: "one of \(names)")
    }
    var rows: [JobRow] = []
    if self.states.isEmpty || !states.isEmpty { rows += try live(states, in: transaction) }
    if self.states.isEmpty || !outcomes.isEmpty { rows += try done(outcomes, in: transaction) }
    rows.sort { $0.id > $1.id }
    return Self.bounded(Array(rows.prefix(clampedLimit)))
  }

  private var clampedLimit: Int { max(0, min(limit, Self.maximumRows)) }

  private func live(_ states: [JobState], in transaction: SQLTransaction) throws(StoreError) -> [JobRow] {
    // States in which a worker holds the job are few: they have a list of their own.
    let isHeld = !states.isEmpty && states.allSatisfy { $0 != .ready && $0 != .lost }
    let (condition, values) = condition("l.job", "l.state", states.map { Int64($0.rawValue) })
    var rows: [JobRow] = []
    try transaction.connection.query((isHeld ? JobRowQuery.active : JobRowQuery.live) + condition, values) {
      rows.append(JobRowQuery.liveRow($0))
    }
    return rows
  }

  private func done(_ outcomes: [Outcome], in transaction: SQLTransaction) throws(StoreError) -> [JobRow] {
    let (condition, values) = condition("d.job", "d.outcome", outcomes.map { Int64($0.rawValue) })
    var rows: [JobRow] = []
    try transaction.connection.query(JobRowQuery.done + condition, values) {
      rows.append(JobRowQuery.doneRow($0))
    }
    return rows
  }

  private func condition(_ job: String, _ status: String, _ codes: [Int64]) -> (String, [SQLValue]) {
    var text = " where \(job) < $1"
    var values: [SQLValue] = [.int(before.rawValue > 0 ? before.rawValue : Int64.max)]
    if !codes.isEmpty {
      text += " and \(status) in (" + codes.map(String.init).joined(separator: ", ") + ")"
    }
    if let kind {
      text += " and k.plugin = $2 and k.action = $3"
      values += [.text(kind.plugin), .text(kind.action)]
    }
    text += " order by \(job) desc limit $\(values.count + 1)"
    return (text, values + [.int(Int64(clampedLimit))])
  }

  private static func bounded(_ rows: [JobRow]) -> [JobRow] {
    var bytes = 0
    for (index, row) in rows.enumerated() {
      bytes += row.params.utf8.count
      if case .ended(let end) = row.status {
        bytes += end.message.utf8.count + (end.result?.utf8.count ?? 0)
      }
      if bytes > maximumBytes, index > 0 { return Array(rows[..<index]) }
    }
    return rows
  }
}

extension ListEvents: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [JobEvent] {
    var events: [JobEvent] = []
    var bytes = 0
    try transaction.connection.query(
      "select number, at, from_status, to_status, reason, fence, detail from job_event "
        + "where job = $1 and number > $2 order by number limit $3",
      [.int(job.rawValue), .int(after), .int(Int64(max(0, min(limit, 10_000))))]
    ) { row in
      if bytes > ListJobs.maximumBytes { return }
      let event = JobEvent(
        id: row.int(0), job: job, at: row.int(1), from: StatusCode(raw: row.int(2)).name,
        to: StatusCode(raw: row.int(3)).name, reason: ReasonCode(rawValue: row.text(4)) ?? .submitted,
        fence: row.int(5), detail: row.text(6))
      bytes += event.detail.utf8.count
      events.append(event)
    }
    return events
  }
}

extension ListLogLines: StoreVerb {
  package static let access = StoreAccess.read
  /// As for `ListJobs`: an answer may hold fewer lines than `limit`; the last page is the empty one.
  private static let maximumBytes = 4 << 20

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [LogLine] {
    var lines: [LogLine] = []
    var bytes = 0
    try transaction.connection.query(
      "select id, at, level, text from job_log where job = $1 and id > $2 order by id limit $3",
      [.int(job.rawValue), .int(after), .int(Int64(max(0, min(limit, 10_000))))]
    ) { row in
      if bytes > Self.maximumBytes { return }
      let line = LogLine(
        id: row.int(0), at: row.int(1), level: UInt8(truncatingIfNeeded: row.int(2)), text: row.text(3))
      bytes += line.text.utf8.count
      lines.append(line)
    }
    return lines
  }
}
