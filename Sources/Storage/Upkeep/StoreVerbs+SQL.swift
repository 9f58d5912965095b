package import DataModel

extension CheckStore: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> StoreReport {
    try Self.report(on: transaction.connection)
  }

  /// The same for a connection that nobody else uses.
  package static func report(on connection: any SQLConnection) throws(StoreError) -> StoreReport {
    var problems: [String] = []
    try connection.query(connection.dialect.checkPages, []) { row in
      if row.text(0) != "ok" { problems.append(row.text(0)) }
    }
    let bytes = try connection.number(connection.dialect.size, []) ?? 0
    // A damaged file may not even let itself be asked: what was found then is what there is to say.
    if !problems.isEmpty { return StoreReport(problems: problems, schema: 0, jobs: 0, bytes: bytes) }
    return StoreReport(
      problems: try StoreRules.broken(connection),
      schema: try connection.number("select max(version) from schema_version", []) ?? 0,
      jobs: Int(try connection.number("select count(*) from job_spec", []) ?? 0), bytes: bytes)
  }
}

extension FindPrunedJob: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> Milliseconds? {
    guard job.rawValue > 0, job.rawValue <= (try transaction.counter("job")) else { return nil }
    let rows = try transaction.connection.number(
      "select count(*) from job_spec where job = $1", [.int(job.rawValue)])
    return rows == 0 ? try transaction.counter(PruneHistory.keptFor) : nil
  }
}
