import DataModel

/// Rows of `node` as the verbs need them.
enum NodeTable {
  struct Row {
    let process: ProcessIdentity
    let order: NodeOrder
    let isEnded: Bool
    let group: String
  }

  static func find(_ node: NodeID, in transaction: SQLTransaction) throws(StoreError) -> Row? {
    var found: Row?
    try transaction.connection.query(
      "select pid, start_ticks, boot_id, node_order, ended_at, worker_group from node where id = $1",
      [.int(node.rawValue)]
    ) { row in
      found = Row(
        process: ProcessIdentity(
          pid: Int32(truncatingIfNeeded: row.int(0)), startTicks: row.int(1), bootID: row.text(2)),
        order: order(row.int(3)), isEnded: !row.isNull(4), group: row.text(5))
    }
    return found
  }

  /// What the node is to do. Throws `fenced` for a node that has ended or never was.
  static func livingOrder(of node: NodeID, in transaction: SQLTransaction) throws(StoreError) -> NodeOrder {
    try living(node, in: transaction).order
  }

  /// Throws `fenced` for a node that has ended or never was.
  static func living(_ node: NodeID, in transaction: SQLTransaction) throws(StoreError) -> Row {
    guard let row = try find(node, in: transaction), !row.isEnded else { throw fenced(node) }
    return row
  }

  static func fenced(_ node: NodeID) -> StoreError {
    StoreError(
      .fenced, "the worker \(node) has ended for this store",
      cure: "say hello without a node to be given a new one")
  }

  static func order(_ raw: Int64) -> NodeOrder { NodeOrder(rawValue: UInt8(truncatingIfNeeded: raw)) ?? .run }
}
