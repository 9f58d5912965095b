/// The second version: what jobs used of memory, the steps of jobs that may be entered again, what is known of each
/// version of a plug-in, who changed what by hand.
extension Schema {
  static func second(_ dialect: SQLDialect) -> [String] {
    memoryColumns(dialect) + stepTables(dialect) + versionTables(dialect) + auditTables(dialect)
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
