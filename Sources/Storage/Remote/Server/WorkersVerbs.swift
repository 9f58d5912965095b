import DataModel

/// What a connection of a worker's own user may ask for: to run the jobs of its node. Not to stop the engine, to
/// submit or cancel, nor to speak for another node. Of which jobs it may speak is decided in the transaction
/// (`JobScope`).
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

  static func check(_ verb: any StoreVerb, _ connection: ServerConnection) throws(StoreError) {
    switch verb {
    case let hello as Hello:
      if hello.process.pid != connection.peer.pid {
        throw stranger("another process (pid \(hello.process.pid))")
      }
    case let claim as ClaimJobs: try check(claim.node, connection)
    case let claim as ClaimReconciles: try check(claim.node, connection)
    case let runs as WriteRuns: try check(runs.node, connection)
    case let report as ReportPlugin: try check(report.report.node, connection)
    default: break
    }
  }

  /// A worker listens to what concerns it.
  static func check(_ interest: StoreInterest, _ connection: ServerConnection) throws(StoreError) {
    if let node = connection.node, interest == .worker(node) { return }
    throw StoreError(.invalid, "a worker of another user may listen to what concerns it, and nothing else")
  }

  private static func check(_ node: NodeID, _ connection: ServerConnection) throws(StoreError) {
    if connection.node != node { throw stranger("worker \(node)") }
  }

  private static func stranger(_ whom: String) -> StoreError {
    StoreError(.invalid, "a worker of another user may not speak for \(whom)")
  }
}
