import DataModel

extension ResolveJob: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> LostJobAnswer {
    if let refusal = try LostJobAnswer.refusal(job, in: transaction) { return refusal }
    guard let lost = try LostTable.find(job, in: transaction) else { return .notFound }
    let changes = JobChanges(transaction)
    try changes.load([job])
    var resolution = resolution
    if resolution.reason.isEmpty { resolution.reason = "decided by \(transaction.asker)" }
    let detail = Self.detail(self.resolution, isProven: lost.row.runEnded)
    let end = RunEnd(code: ReturnCode.unknown, result: result, leftBehind: lost.row.leftBehind)
    switch changes.decide(
      job, .resolve(resolution), detail: "\(detail), by \(transaction.asker)", ended: end)
    {
    case .fenced: return .notLost(changes[job]?.facts.state.name ?? "")
    case .none: return .needsProof
    case .move, .end: break
    }
    try changes.write()
    try Audit.write("jobs resolve", subject: "job \(job)", detail: detail, in: transaction)
    return .done
  }

  /// "as rerun, the end of the old run attested: the host was switched off".
  private static func detail(_ resolution: Resolution, isProven: Bool) -> String {
    var text = "as \(resolution.verdict.name)"
    if resolution.verdict == .rerun, !isProven { text += ", the end of the old run attested" }
    return resolution.reason.isEmpty ? text : text + ": " + resolution.reason
  }
}

/// What people changed by hand. Rows are only ever added.
enum Audit {
  static func write(
    _ verb: String, subject: String, detail: String, in transaction: SQLTransaction
  ) throws(StoreError) {
    try transaction.connection.run(
      "insert into audit (id, at, who, verb, subject, detail) values ($1, $2, $3, $4, $5, $6)",
      [
        .int(try transaction.next("audit")), .int(transaction.now), .text(transaction.asker), .text(verb),
        .text(subject), .text(detail),
      ])
  }
}

extension ListAudit: StoreVerb {
  package static let access = StoreAccess.read
  package static let maximumRows = 1000

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [AuditRow] {
    var rows: [AuditRow] = []
    try transaction.connection.query(
      "select id, at, who, verb, subject, detail from audit where id < $1 order by id desc limit $2",
      [
        .int(before > 0 ? before : Int64.max),
        .int(Int64(max(0, min(limit, Self.maximumRows)))),
      ]
    ) { row in
      rows.append(
        AuditRow(
          id: row.int(0), at: row.int(1), who: row.text(2), verb: row.text(3), subject: row.text(4),
          detail: row.text(5)))
    }
    return rows
  }
}
