import DataModel

/// The jobs that a worker of a user of its own may write for: those that its process holds or has ended, and those of
/// plug-ins that run in its group. Fences are small numbers that anybody can guess: they tell a late run from the
/// newest, not a stranger from a worker.
struct JobScope {
  private let transaction: SQLTransaction
  private let nodes: Set<Int64>
  private let plugins: Set<String>

  /// Nil: whoever asks may write for every job.
  init?(in transaction: SQLTransaction) throws(StoreError) {
    guard case .worker(let node) = transaction.speaker else { return nil }
    guard let node, let row = try NodeTable.find(node, in: transaction) else { throw Self.unknown }
    try self.init(of: row.process, group: row.group, transaction)
  }

  /// Before its node is known. Nil: as above.
  init?(of hello: Hello, in transaction: SQLTransaction) throws(StoreError) {
    guard case .worker = transaction.speaker else { return nil }
    try self.init(of: hello.process, group: hello.group, transaction)
  }

  private init(
    of process: ProcessIdentity, group: String, _ transaction: SQLTransaction
  ) throws(StoreError) {
    self.transaction = transaction
    var nodes: Set<Int64> = []
    try transaction.connection.query(
      "select id from node where pid = $1 and start_ticks = $2 and boot_id = $3",
      [.int(Int64(process.pid)), .int(process.startTicks), .text(process.bootID)]
    ) { nodes.insert($0.int(0)) }
    self.nodes = nodes
    var plugins: Set<String> = []
    try transaction.connection.query(
      "select plugin_id from plugin_file where state = \(PluginFile.State.active.rawValue) "
        + "and worker_group = $1", [.text(group)]
    ) { plugins.insert($0.text(0)) }
    self.plugins = plugins
  }

  func holds(_ job: JobID) throws(StoreError) -> Bool {
    var isHeld = false
    try transaction.connection.query(
      "select k.plugin, coalesce(l.node, d.node) from job_spec s join job_kind k on k.id = s.kind "
        + "left join job_live l on l.job = s.job left join job_done d on d.job = s.job where s.job = $1",
      [.int(job.rawValue)]
    ) { row in
      isHeld = plugins.contains(row.text(0)) || row.optionalInt(1).map(nodes.contains) ?? false
    }
    return isHeld
  }

  /// Those of the jobs that are not its own.
  static func strange(_ jobs: [JobID], to scope: JobScope?) throws(StoreError) -> Set<JobID> {
    guard let scope else { return [] }
    var strange: Set<JobID> = []
    for job in Set(jobs) where try !scope.holds(job) { strange.insert(job) }
    return strange
  }

  private static let unknown = StoreError(
    .invalid, "a worker has to say hello before it speaks of jobs", cure: "it is told so by the engine")
}
