import DataModel

extension ClaimJobs: StoreVerb {
  package static let access = StoreAccess.write
  /// More leases than this have no use, and would keep other writers waiting.
  package static let maximumLeases = 10_000
  /// An answer ends early when the parameters of its jobs come to this.
  static let maximumParamsBytes = 4 << 20

  package var cost: Int { max(1, min(limit, Self.maximumLeases)) }

  package func run(in transaction: SQLTransaction) throws(StoreError) -> ClaimAnswer {
    let row = try NodeTable.living(node, in: transaction)
    let order = row.order
    var leases: [Lease] = []
    if order == .run, limit > 0 {
      // Decided here and not by the worker, in the same transaction as the lease: however old its list is.
      let strangers = try VersionTable.strangers(to: row.group, in: transaction)
      leases = try claim(Set(kinds.filter { !strangers.contains($0.plugin) }), in: transaction)
    }
    return ClaimAnswer(
      leases: leases, cancels: try cancels(in: transaction), order: order,
      pluginRevision: try transaction.counter("plugin_revision"))
  }

  private func claim(
    _ kinds: Set<JobKind>, in transaction: SQLTransaction
  ) throws(StoreError) -> [Lease] {
    let limit = min(limit, Self.maximumLeases)
    var heads: [ReadyHead] = []
    let share = kinds.count <= 1 ? limit : min(limit, max(8, 2 * limit / kinds.count))
    for kind in kinds {
      guard let number = try transaction.kinds.find(kind, in: transaction) else { continue }
      let head = ReadyHead(kind: kind, number: number, chunk: share)
      try head.fill(transaction.connection)
      if head.next != nil { heads.append(head) }
    }
    let changes = JobChanges(transaction)
    var leases: [Lease] = []
    leases.reserveCapacity(limit)
    var bytes = 0
    while leases.count < limit, bytes < Self.maximumParamsBytes {
      guard let head = try Self.oldest(&heads, transaction.connection), let row = head.take() else { break }
      changes.adopt(row.entry)
      guard case .move(let facts, _, _, _) = changes.decide(row.entry.job, .claim, claimer: node) else {
        continue
      }
      bytes += row.params.utf8.count
      leases.append(
        Lease(
          run: JobRun(job: row.entry.job, fence: facts.fence), kind: head.kind, params: row.params,
          attempt: facts.attempt + 1, deadlineMilliseconds: row.deadline, cleanupMilliseconds: row.cleanup,
          graceMilliseconds: row.grace, submittedAt: row.submittedAt))
    }
    try changes.write()
    return leases
  }

  /// First in, first out over all kinds: the queue whose first job has the lowest id.
  private static func oldest(
    _ heads: inout [ReadyHead], _ connection: any SQLConnection
  ) throws(StoreError) -> ReadyHead? {
    if heads.count == 1 {
      try heads[0].fill(connection)
      return heads[0].next == nil ? nil : heads[0]
    }
    var best: ReadyHead?
    for head in heads {
      try head.fill(connection)
      guard let job = head.next else { continue }
      if let found = best?.next, found < job { continue }
      best = head
    }
    return best
  }

  private func cancels(in transaction: SQLTransaction) throws(StoreError) -> [JobRun] {
    var runs: [JobRun] = []
    try transaction.connection.query(Self.cancelsQuery, [.int(node.rawValue)]) {
      runs.append(JobRun(job: JobID($0.int(0)), fence: $0.int(1)))
    }
    return runs
  }
}

/// The front of one kind's queue, read in chunks by its primary key: kinds that nobody asks for are never read.
private final class ReadyHead {
  struct Row {
    let entry: JobChanges.Entry
    let params: String
    let deadline: Int64
    let cleanup: Int64
    let grace: Int64
    let submittedAt: Milliseconds
  }

  let kind: JobKind
  private let number: Int64
  private let chunk: Int
  private var rows: [Row] = []
  private var place = 0
  private var last: Int64 = 0
  private var isAllRead = false

  init(kind: JobKind, number: Int64, chunk: Int) {
    self.kind = kind
    self.number = number
    self.chunk = chunk
  }

  /// The job at the front, nil when nothing is left of what was read.
  var next: JobID? { place < rows.count ? rows[place].entry.job : nil }

  func take() -> Row? {
    guard place < rows.count else { return nil }
    defer { place += 1 }
    return rows[place]
  }

  /// Reads the next chunk when the one before is used up.
  func fill(_ connection: any SQLConnection) throws(StoreError) {
    if place < rows.count || isAllRead { return }
    rows.removeAll(keepingCapacity: true)
    place = 0
    try connection.query(ClaimJobs.queueQuery, [.int(number), .int(last), .int(Int64(chunk))]) { row in
      rows.append(
        Row(
          entry: JobChanges.entry(row), params: row.text(14), deadline: row.int(15), cleanup: row.int(16),
          grace: row.int(17), submittedAt: row.int(18)))
    }
    isAllRead = rows.count < chunk
    last = rows.last?.entry.job.rawValue ?? last
  }
}

extension ClaimJobs {
  /// The oldest ready jobs of one kind with all that a lease holds. Its plan is pinned by a test.
  package static let queueQuery =
    "select \(JobChanges.columns), s.params, s.deadline_ms, s.cleanup_ms, s.grace_ms, s.submitted_at "
    + "from job_ready r join job_live l on l.job = r.job join job_spec s on s.job = r.job "
    + "where r.kind = $1 and r.job > $2 order by r.job limit $3"
  /// The jobs of a node that were asked to stop.
  package static let cancelsQuery =
    "select l.job, l.fence from job_cancel c join job_live l on l.job = c.job where c.node = $1"
}
