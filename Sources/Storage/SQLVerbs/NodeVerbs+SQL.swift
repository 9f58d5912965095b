import DataModel

extension EndNode: StoreVerb {
  package static let access = StoreAccess.write

  /// Ending a node twice answers zeros the second time.
  package func run(in transaction: SQLTransaction) throws(StoreError) -> EndNodeAnswer {
    var answer = EndNodeAnswer(requeued: 0, lost: 0, ended: 0)
    let connection = transaction.connection
    // First the node, then its rows: a claim that comes after this finds no living node.
    let isNew =
      try connection.run(
        "update node set ended_at = $1, ended_detail = $2 where id = $3 and ended_at is null",
        [.int(transaction.now), .text(detail), .int(node.rawValue)]) == 1
    guard isNew else {
      if try NodeTable.find(node, in: transaction) != nil { return answer }
      throw StoreError(.notFound, "there is no worker \(node)")
    }
    let changes = JobChanges(transaction)
    try connection.query(Self.jobsOfNode, [.int(node.rawValue)]) { changes.adopt(JobChanges.entry($0)) }
    var started = 0
    for entry in changes.live {
      if entry.facts.state != .leased { started += 1 }
      let text = "worker \(node) \(detail)"
      switch try changes.loseWorker(entry.job, .workerEnded, detail: text) {
      case .move(let next, _, _, _) where next.state == .ready: answer.requeued += 1
      case .move: answer.lost += 1
      case .end: answer.ended += 1
      case .fenced, .none: break
      }
    }
    try changes.write()
    try LostTable.release(node, in: transaction)
    // Unstarted jobs ran nothing of the plug-in: they say nothing about it.
    if started > 0 {
      let group = try NodeTable.find(node, in: transaction)?.group ?? WorkerGroup.shared
      try VersionTable.strike(group, in: transaction)
    }
    try connection.run("delete from plugin_report where node = $1", [.int(node.rawValue)])
    return answer
  }
}

extension EndNode {
  /// The jobs that a node holds. Its plan is pinned by a test.
  package static let jobsOfNode =
    "select \(JobChanges.columns) from job_active a join job_live l on l.job = a.job where a.node = $1"
}

extension OrderNode: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> Int {
    var nodes: [NodeID] = []
    if let node {
      if try NodeTable.find(node, in: transaction)?.isEnded == false { nodes = [node] }
    } else {
      try transaction.connection.query("select id from node where ended_at is null", []) {
        nodes.append(NodeID($0.int(0)))
      }
    }
    let changed = try transaction.connection.runMany(
      "update node set node_order = $1 where id = $2 and node_order <> $1",
      nodes.map { [.int(Int64(order.rawValue)), .int($0.rawValue)] })
    for node in nodes { transaction.signal(.nodeCalled(node)) }
    return changed
  }
}

extension ListNodes: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [NodeRow] {
    var rows: [NodeRow] = []
    try transaction.connection.query(
      "select id, pid, start_ticks, boot_id, node_order, since, "
        + "(select count(*) from job_active a where a.node = node.id), worker_group from node "
        + "where ended_at is null order by id", []
    ) { row in
      rows.append(
        NodeRow(
          id: NodeID(row.int(0)),
          process: ProcessIdentity(
            pid: Int32(truncatingIfNeeded: row.int(1)), startTicks: row.int(2), bootID: row.text(3)),
          order: NodeTable.order(row.int(4)), activeJobs: Int(row.int(6)), since: row.int(5),
          group: row.text(7)))
    }
    return rows
  }
}
