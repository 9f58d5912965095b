import DataModel

/// The live jobs that one verb touches: read in bulk, decided one by one by `JobTransition`, and written at the
/// end grouped by statement. Until `write()` nothing has changed in the database.
final class JobChanges {
  /// One live row, as it was read and as it will be.
  struct Entry {
    let job: JobID
    let kind: Int64
    let stored: JobFacts
    let storedNode: NodeID?
    var facts: JobFacts
    var node: NodeID?
    var startedAt: Milliseconds?
    var writeSequence: Int64
    var events: Int64
    var reason: ReasonCode
    /// What a run that became lost said, and left behind.
    var lostMessage = ""
    var lostLeftBehind: [String] = []
    /// The time of its newest event: none comes before it.
    var changedAt: Milliseconds
    var hasEnded = false
    var hasChanged = false
  }

  let transaction: SQLTransaction
  private var entries: [Entry] = []
  private var places: [JobID: Int] = [:]
  private var rows = JobRows()

  init(_ transaction: SQLTransaction) { self.transaction = transaction }

  /// The columns that `Entry` is read from, of a row of `job_live` named `l`.
  static let columns =
    "l.job, l.kind, l.repeat_rule, l.state, l.fence, l.attempt, l.cancel_requested, l.node, l.started_at, "
    + "l.write_seq, l.events, l.reason, l.run_ended, l.changed_at"

  /// Reads those jobs; one that has ended or never was is not there afterwards, nor one that the asker may not touch.
  func load(_ jobs: [JobID]) throws(StoreError) {
    let missing = jobs.filter { places[$0] == nil }
    places.reserveCapacity(places.count + missing.count)
    try transaction.connection.queryEach(
      "select \(Self.columns) from job_live l where l.job = $1", missing.map(\.rawValue)
    ) { row in
      let entry = Self.entry(row)
      if let speaker = transaction.speaker, let node = entry.node, node != speaker { return }
      adopt(entry)
    }
  }

  /// The job that a row of `columns` tells of.
  static func entry(_ row: any SQLRow) -> Entry {
    let facts = JobFacts(
      state: JobState(rawValue: UInt8(truncatingIfNeeded: row.int(3))) ?? .lost, fence: row.int(4),
      attempt: Int(row.int(5)),
      repeatRule: RepeatRule(rawValue: UInt8(truncatingIfNeeded: row.int(2))) ?? .never,
      cancelRequested: row.int(6) != 0, runEnded: row.int(12) != 0)
    let node = row.optionalInt(7).map { NodeID($0) }
    return Entry(
      job: JobID(row.int(0)), kind: row.int(1), stored: facts, storedNode: node, facts: facts, node: node,
      startedAt: row.optionalInt(8), writeSequence: row.int(9), events: row.int(10),
      reason: ReasonCode(rawValue: row.text(11)) ?? .submitted, changedAt: row.int(13))
  }

  /// Takes a job in that a query of `columns` has read.
  func adopt(_ entry: Entry) {
    guard places[entry.job] == nil else { return }
    places[entry.job] = entries.count
    entries.append(entry)
  }

  /// The job as it stands after what was decided so far; nil when it is not live (any more).
  subscript(job: JobID) -> Entry? {
    guard let place = places[job], !entries[place].hasEnded else { return nil }
    return entries[place]
  }

  /// All that were read and have not ended, in the order in which they were read.
  var live: [Entry] { entries.filter { !$0.hasEnded } }

  /// Decides one trigger and notes what follows from it. `fenced` for a job that is not live. `ended` is what an end
  /// that no run reports is stored with.
  @discardableResult
  func decide(
    _ job: JobID, _ trigger: JobTrigger, claimer: NodeID? = nil, detail: String = "", ended: RunEnd? = nil
  ) -> JobDecision {
    guard let place = places[job], !entries[place].hasEnded else { return .fenced }
    let decision = JobTransition.decide(entries[place].facts, trigger)
    var run = ended
    if case .finish(_, let end) = trigger { run = end }
    switch decision {
    case .move(let next, let reason, let requeue, let release):
      if next.state == .lost, let run {
        entries[place].lostMessage = run.message
        entries[place].lostLeftBehind = run.leftBehind
      }
      move(place, to: next, reason, claimer: claimer, requeue: requeue, release: release, detail: detail)
    case .end(let outcome, let reason, let message):
      if trigger.isAboutLostJob { entries[place].facts.fence += 1 }
      end(place, outcome, reason, message: message, run: run, detail: detail)
    case .fenced, .none: break
    }
    return decision
  }

  /// Notes an event of a live job that changes nothing but its newest reason.
  func note(_ job: JobID, _ reason: ReasonCode, fence: Fence, detail: String) {
    guard let place = places[job], !entries[place].hasEnded else { return }
    let status = StatusCode(entries[place].facts.state)
    entries[place].reason = reason
    entries[place].hasChanged = true
    addEvent(place, from: status, to: status, reason, fence: fence, detail: detail)
  }

  /// Notes that the run has written its `sequence`.
  func setWriteSequence(_ job: JobID, _ sequence: Int64) {
    guard let place = places[job] else { return }
    entries[place].writeSequence = sequence
    entries[place].hasChanged = true
  }

  /// Writes all that was decided. The last call: the object is spent.
  func write() throws(StoreError) {
    for entry in entries where entry.hasChanged || entry.hasEnded { rows.add(entry, now: transaction.now) }
    try rows.write(transaction.connection)
    let isAnyLost = entries.contains { $0.facts.state == .lost && $0.stored.state != .lost }
    if isAnyLost { try LostTable.callWorkers(transaction) }
  }

  private func move(
    _ place: Int, to next: JobFacts, _ reason: ReasonCode, claimer: NodeID?, requeue: Bool, release: Bool,
    detail: String
  ) {
    let old = entries[place].facts
    entries[place].facts = next
    entries[place].reason = reason
    entries[place].hasChanged = true
    if let claimer { entries[place].node = claimer }
    switch next.state {
    case .running where old.state == .leased: entries[place].startedAt = time(place)
    case .leased: entries[place].writeSequence = 0
    case .ready: entries[place].node = nil
    default: break
    }
    if requeue { transaction.signal(.jobsReady) }
    if reason == .cancelRequested, let node = entries[place].node { transaction.signal(.nodeCalled(node)) }
    addEvent(
      place, from: StatusCode(old.state), to: StatusCode(next.state), reason, fence: next.fence,
      detail: detail)
  }

  private func end(
    _ place: Int, _ outcome: Outcome, _ reason: ReasonCode, message: String, run: RunEnd?, detail: String
  ) {
    // A worker that holds the lease must find its start refused.
    if reason == .cancelledBeforeStart { entries[place].facts.fence += 1 }
    entries[place].hasEnded = true
    entries[place].reason = reason
    let state = entries[place].facts.state
    addEvent(
      place, from: StatusCode(state), to: StatusCode(outcome), reason, fence: entries[place].facts.fence,
      detail: detail)
    rows.addDone(entries[place], outcome, message: message, run: run, now: entries[place].changedAt)
  }

  /// Now; when the store's clock was turned back, the time of what happened last: a job's events stand in order, and
  /// no run takes less than no time.
  private func time(_ place: Int) -> Milliseconds { max(transaction.now, entries[place].changedAt) }

  private func addEvent(
    _ place: Int, from: StatusCode, to: StatusCode, _ reason: ReasonCode, fence: Fence, detail: String
  ) {
    entries[place].events += 1
    entries[place].changedAt = time(place)
    if from != to { transaction.count(from: from, to: to) }
    transaction.signal(.jobChanged(entries[place].job))
    rows.addEvent(
      entries[place].job, number: entries[place].events, at: entries[place].changedAt, from: from, to: to,
      reason,
      fence: fence, detail: detail)
  }
}

extension JobTrigger {
  /// Decides without the run: should that speak after all, it finds another fence.
  fileprivate var isAboutLostJob: Bool {
    switch self {
    case .reconcile, .resolve: true
    default: false
    }
  }
}
