import DataModel

extension RevokePlugin: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> Nothing {
    let hash = revocation.sha256
    guard hash.utf8.count == 64 else { throw StoreError(.invalid, "\"\(hash)\" is no SHA-256") }
    guard revocation.reason.utf8.count <= Revocation.reasonLimit else {
      throw StoreError(
        .invalid, "the reason is longer than \(Revocation.reasonLimit) bytes", cure: "say it shorter")
    }
    let changed =
      isRevoked
      ? try transaction.connection.run(
        "insert into plugin_revoked (sha256, at, who, reason) values ($1, $2, $3, $4) on conflict (sha256) do nothing",
        [.text(hash), .int(transaction.now), .text(transaction.asker), .text(revocation.reason)])
      : try transaction.connection.run("delete from plugin_revoked where sha256 = $1", [.text(hash)])
    guard changed > 0 else {
      // Revoked twice is revoked.
      if isRevoked { return Nothing() }
      throw StoreError(.notFound, "\(hash) is not revoked", cure: "see `bulkhead plugins revocations`")
    }
    try Audit.write(
      isRevoked ? "plugins revoke" : "plugins restore", subject: hash, detail: revocation.reason,
      in: transaction)
    transaction.signal(.pluginsChanged)
    return Nothing()
  }
}

extension ListRevocations: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [Revocation] {
    var found: [Revocation] = []
    try transaction.connection.query(
      "select sha256, at, who, reason from plugin_revoked order by at desc, sha256", []
    ) { row in
      found.append(Revocation(sha256: row.text(0), at: row.int(1), who: row.text(2), reason: row.text(3)))
    }
    return found
  }
}
