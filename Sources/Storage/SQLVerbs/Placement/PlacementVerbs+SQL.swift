import DataModel

extension AcceptVersion: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> PluginVersion {
    try transaction.connection.run(
      "insert into plugin_version (sha256, plugin_id, version, tried_at, clean_runs, strikes, signer, "
        + "probation_runs) values ($1, $2, $3, $4, 0, 0, '', $5) "
        + "on conflict (sha256) do update set probation_runs = excluded.probation_runs "
        + "where plugin_version.probation_runs > excluded.probation_runs",
      [
        .text(sha256), .text(pluginID), .text(version), .int(transaction.now),
        .int(Int64(max(0, probationRuns))),
      ])
    guard let row = try VersionTable.all(in: transaction, where: "sha256 = $1", [.text(sha256)]).first else {
      throw StoreError(.database, "the store has lost the version \(sha256) that it was just told of")
    }
    return row
  }
}

extension ListVersions: StoreVerb {
  package static let access = StoreAccess.read

  package func run(in transaction: SQLTransaction) throws(StoreError) -> [PluginVersion] {
    try VersionTable.all(in: transaction)
  }
}

extension PlacePlugin: StoreVerb {
  package static let access = StoreAccess.write

  package func run(in transaction: SQLTransaction) throws(StoreError) -> Bool {
    let changed = try transaction.connection.run(
      "update plugin_file set worker_group = $1 where file = $2 and sha256 = $3 and state = $4 "
        + "and worker_group <> $1",
      [.text(group), .text(file), .text(sha256), .int(Int64(PluginFile.State.active.rawValue))])
    guard changed > 0 else { return false }
    try transaction.connection.run("update counter set value = value + 1 where name = 'plugin_revision'", [])
    // The first makes workers load it, the second makes the one that may now claim look for jobs.
    transaction.signal(.pluginsChanged)
    transaction.signal(.jobsReady)
    return true
  }
}

/// Rows of `plugin_version` as the verbs need them.
enum VersionTable {
  static func all(
    in transaction: SQLTransaction, where condition: String = "true", _ values: [SQLValue] = []
  ) throws(StoreError) -> [PluginVersion] {
    var rows: [PluginVersion] = []
    try transaction.connection.query(
      "select sha256, plugin_id, version, clean_runs, strikes, probation_runs from plugin_version "
        + "where \(condition) order by sha256", values
    ) { row in
      rows.append(
        PluginVersion(
          sha256: row.text(0), pluginID: row.text(1), version: row.text(2), cleanRuns: Int(row.int(3)),
          strikes: Int(row.int(4)), probationRuns: Int(row.int(5))))
    }
    return rows
  }

  /// Counts runs that came back from the worker of a version on probation; the last that it needed is told, so
  /// that whoever places plug-ins moves it. Nothing for workers of other groups.
  static func countCleanRuns(
    _ runs: Int, of group: String, in transaction: SQLTransaction
  ) throws(StoreError) {
    guard runs > 0, let digits = WorkerGroup.probationDigits(group) else { return }
    try transaction.connection.run(
      "update plugin_version set clean_runs = clean_runs + $1 where substr(sha256, 1, 12) = $2",
      [.int(Int64(runs)), .text(digits)])
    let isOver = try transaction.connection.number(
      "select count(*) from plugin_version where substr(sha256, 1, 12) = $1 and clean_runs >= probation_runs "
        + "and clean_runs - $2 < probation_runs", [.text(digits), .int(Int64(runs))])
    if isOver != 0 { transaction.signal(.pluginsChanged) }
  }

  /// A worker on probation died under its version: the count begins anew.
  static func strike(_ group: String, in transaction: SQLTransaction) throws(StoreError) {
    guard let digits = WorkerGroup.probationDigits(group) else { return }
    try transaction.connection.run(
      "update plugin_version set strikes = strikes + 1, clean_runs = 0 "
        + "where substr(sha256, 1, 12) = $1 and clean_runs < probation_runs", [.text(digits)])
  }

  /// Plug-ins whose jobs are not for a worker of that group: they are placed elsewhere, or none of their files is active
  /// any more. A worker may not have heard of that yet, and what was revoked is not to begin anew.
  static func strangers(
    to group: String, in transaction: SQLTransaction
  ) throws(StoreError) -> Set<String> {
    var plugins: Set<String> = []
    let active = "state = \(PluginFile.State.active.rawValue)"
    try transaction.connection.query(
      "select plugin_id from plugin_file where \(active) and worker_group <> $1 "
        + "union select plugin_id from plugin_file where plugin_id <> '' "
        + "group by plugin_id having sum(case when \(active) then 1 else 0 end) = 0", [.text(group)]
    ) { plugins.insert($0.text(0)) }
    return plugins
  }
}
