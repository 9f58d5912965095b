/// The second version: what jobs used of memory, the steps of jobs that may be entered again, what is known of each
/// version of a plug-in, who changed what by hand.
extension Schema {
  static func second(_ dialect: SQLDialect) -> [String] {
    memoryColumns(dialect) + stepTables(dialect) + versionTables(dialect) + auditTables(dialect)
      + placementColumns(dialect)
      + revocationTables(dialect)
  }

  /// What a run used of memory; null where the allocator hooks were not available.
  private static func memoryColumns(_ d: SQLDialect) -> [String] {
    ["allocations", "allocated_bytes", "peak_bytes", "live_bytes", "live_blocks"].map {
      "alter table job_done add column \($0) \(d.integer)"
    }
  }

  /// `state` 1: begun, its result is not known; 2: done.
  private static func stepTables(_ d: SQLDialect) -> [String] {
    [
      """
      create table job_step (
        job \(d.integer) not null,
        name \(d.text) not null,
        number \(d.integer) not null,
        state \(d.integer) not null,
        result \(d.text) not null,
        begun_at \(d.integer) not null,
        done_at \(d.integer),
        primary key (job, name))\(d.keyedTable)
      """
    ]
  }

  /// One row for each content that was ever accepted.
  private static func versionTables(_ d: SQLDialect) -> [String] {
    [
      """
      create table plugin_version (
        sha256 \(d.text) primary key,
        plugin_id \(d.text) not null,
        version \(d.text) not null,
        tried_at \(d.integer) not null,
        clean_runs \(d.integer) not null,
        strikes \(d.integer) not null,
        signer \(d.text) not null)\(d.keyedTable)
      """,
      "alter table node add column worker_group \(d.text) not null default ''",
    ]
  }

  /// In which worker's group a plug-in runs. What ran before there was probation needs none.
  private static func placementColumns(_ d: SQLDialect) -> [String] {
    [
      "alter table plugin_file add column worker_group \(d.text) not null default ''",
      "alter table plugin_version add column probation_runs \(d.integer) not null default 0",
      """
      insert into plugin_version
        (sha256, plugin_id, version, tried_at, clean_runs, strikes, signer, probation_runs)
      select sha256, min(plugin_id), min(version), min(changed_at), 0, 0, '', 0 from plugin_file
      where state in (\(PluginFile.State.active.rawValue), \(PluginFile.State.removed.rawValue)) and sha256 <> ''
      group by sha256
      """,
    ]
  }

  private static func auditTables(_ d: SQLDialect) -> [String] {
    [
      """
      create table audit (
        id \(d.integer) primary key,
        at \(d.integer) not null,
        who \(d.text) not null,
        verb \(d.text) not null,
        subject \(d.text) not null,
        detail \(d.text) not null)\(d.table)
      """
    ]
  }

  /// Contents that are never taken, by what an operator said while the engine served.
  private static func revocationTables(_ d: SQLDialect) -> [String] {
    [
      """
      create table plugin_revoked (
        sha256 \(d.text) primary key,
        at \(d.integer) not null,
        who \(d.text) not null,
        reason \(d.text) not null)\(d.keyedTable)
      """
    ]
  }
}
