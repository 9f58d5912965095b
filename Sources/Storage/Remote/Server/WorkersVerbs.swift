import DataModel

/// What a connection of a worker's own user may ask for: to run the jobs of its node. Not to stop the engine, to
/// submit or cancel, nor to speak for another node.
enum WorkersVerbs {
  private static let codes: Set<UInt16> = [
    Hello.code, ClaimJobs.code, WriteRuns.code, ListPlugins.code, ReportPlugin.code, WriteRecord.code,
    ReadRecord.code, FindRecords.code, BeginStep.code, EndStep.code, ClaimReconciles.code,
    FinishReconcile.code,
  ]

  static func check(_ code: UInt16) throws(StoreError) {
    if codes.contains(code) { return }
    throw StoreError(
      .invalid, "the user of a worker may not ask the engine for that (request \(code))",
      cure: "ask as root or as the user who started the engine")
  }

  /// `others`: the connections that a hello may take the place of.
  static func check(
    _ verb: any StoreVerb, _ connection: ServerConnection, _ others: () -> [ServerConnection]
  ) throws(StoreError) {
    switch verb {
    case let hello as Hello:
      if hello.process.pid != connection.peer.pid {
        throw stranger("another process (pid \(hello.process.pid))")
      }
      guard let node = hello.node else { return }
      // Whether the node is that process's the store finds out later; until then nobody gives way to a stranger.
      for other in others() where other.node == node && other.peer.pid != connection.peer.pid {
        throw stranger("worker \(node)")
      }
    case let claim as ClaimJobs: try check(claim.node, connection)
    case let runs as WriteRuns: try check(runs.node, connection)
    case let report as ReportPlugin: try check(report.report.node, connection)
    case let claim as ClaimReconciles: try check(claim.node, connection)
    default: break
    }
  }

  private static func check(_ node: NodeID, _ connection: ServerConnection) throws(StoreError) {
    if connection.node != node { throw stranger("worker \(node)") }
  }

  private static func stranger(_ whom: String) -> StoreError {
    StoreError(.invalid, "a worker of another user may not speak for \(whom)")
  }
}
