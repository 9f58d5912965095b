import DataModel

extension Hello: StoreVerb {
  package static let access = StoreAccess.write

  package var cost: Int { 1 + inventory.count }

  /// A node that the store has ended is told `fenced`, whatever it holds: its rows were moved when it ended. Its
  /// process says hello without a node then, and under a fresh one gets back what is still to be had: outcomes of
  /// `lost` jobs are stored, and jobs that are `lost` under the same fence are running again.
  package func run(in transaction: SQLTransaction) throws(StoreError) -> HelloAnswer {
    let node = try registered(in: transaction)
    let changes = JobChanges(transaction)
    try changes.load(inventory.map(\.job))
    let ended = inventory.filter { changes[$0.job] == nil }.map(\.job)
    let done = try DoneRow.find(ended, in: transaction)
    let strange = try JobScope.strange(inventory.map(\.job), to: JobScope(of: self, in: transaction))
    var verdicts: [HelloAnswer.Verdict] = []
    for entry in inventory {
      verdicts.append(strange.contains(entry.job) ? .fenced : Self.verdict(entry, node, changes, done))
    }
    try disown(node, changes, transaction)
    try changes.write()
    return HelloAnswer(node: node, verdicts: verdicts)
  }

  private func registered(in transaction: SQLTransaction) throws(StoreError) -> NodeID {
    if let node {
      guard let row = try NodeTable.find(node, in: transaction), !row.isEnded, row.process == process else {
        throw NodeTable.fenced(node)
      }
      return node
    }
    let id = try transaction.next("node")
    try transaction.connection.run(
      "insert into node (id, pid, start_ticks, boot_id, node_order, since, worker_group) "
        + "values ($1, $2, $3, $4, $5, $6, $7)",
      [
        .int(id), .int(Int64(process.pid)), .int(process.startTicks), .text(process.bootID),
        .int(Int64(NodeOrder.run.rawValue)), .int(transaction.now), .text(group),
      ])
    return NodeID(id)
  }

  private static func verdict(
    _ entry: InventoryEntry, _ node: NodeID, _ changes: JobChanges, _ done: [JobID: DoneRow]
  ) -> HelloAnswer.Verdict {
    if case .finished(let end) = entry.phase {
      if let row = done[entry.job] {
        return row.isOutcome(of: JobRun(job: entry.job, fence: entry.fence)) ? .stored : .fenced
      }
      return changes.decide(entry.job, .finish(entry.fence, end)).isFenced ? .fenced : .stored
    }
    guard let row = changes[entry.job] else { return .fenced }
    // A lost job belongs to nobody: whoever holds its fence takes it back.
    guard row.node == node || row.facts.state == .lost else { return .fenced }
    switch entry.phase {
    case .leased:
      return row.facts.state == .leased && row.facts.fence == entry.fence ? .keep : .fenced
    case .starting:
      return starting(entry, row.facts, node, changes)
    case .running:
      return running(entry, node, changes)
    case .zombie:
      // Its end of grace may not have been written yet.
      if row.facts.state == .zombie { return row.facts.fence == entry.fence + 1 ? .keep : .fenced }
      return changes.decide(entry.job, .endGrace(entry.fence)).isFenced ? .fenced : .keep
    case .finished: return .fenced
    }
  }

  private static func starting(
    _ entry: InventoryEntry, _ facts: JobFacts, _ node: NodeID, _ changes: JobChanges
  ) -> HelloAnswer.Verdict {
    guard facts.fence == entry.fence else { return .fenced }
    if facts.state == .leased { return .startAgain }
    return changes.decide(entry.job, .reassert(entry.fence), claimer: node).isFenced ? .fenced : .enter
  }

  private static func running(
    _ entry: InventoryEntry, _ node: NodeID, _ changes: JobChanges
  ) -> HelloAnswer.Verdict {
    if changes.decide(entry.job, .reassert(entry.fence), claimer: node).isFenced { return .fenced }
    return changes[entry.job]?.facts.isCalled == true ? .cancel : .keep
  }

  /// What the node's rows say and its inventory does not: a lease that never arrived, a start that it lost. By run and
  /// not by job: an old run of a job does not say that the worker holds the newest one.
  private func disown(
    _ node: NodeID, _ changes: JobChanges, _ transaction: SQLTransaction
  ) throws(StoreError) {
    let known = Set(inventory.map { JobRun(job: $0.job, fence: $0.fence) })
    var held: [JobID] = []
    try transaction.connection.query(
      "select job from job_active where node = $1", [.int(node.rawValue)]
    ) { held.append(JobID($0.int(0))) }
    try changes.load(held)
    for job in held {
      guard let facts = changes[job]?.facts else { continue }
      // A zombie's fence was raised under its run.
      let fence = facts.state == .zombie ? facts.fence - 1 : facts.fence
      if known.contains(JobRun(job: job, fence: fence)) { continue }
      _ = try changes.loseWorker(job, .disowned, detail: "worker \(node) came back without it")
    }
  }
}

extension JobDecision {
  var isFenced: Bool {
    if case .fenced = self { true } else { false }
  }
}
