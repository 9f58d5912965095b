import DataModel

/// The second version: what jobs used of memory, the steps of jobs that may be entered again, what is known of each
/// version of a plug-in, who changed what by hand.
extension Schema {
  static func second(_ dialect: SQLDialect, _ catalogue: Catalogue) -> [String] {
    memoryColumns(dialect) + stepTables(dialect) + versionTables(dialect) + auditTables(dialect)
      + lostTables(dialect) + placementColumns(dialect) + revocationTables(dialect)
      + longLife(dialect, catalogue) + recordChangers(dialect, catalogue)
  }

  /// Which job changed a record last. Who made it is said by its id, so that records which nobody changes cost no
  /// entry of the index.
  private static func recordChangers(_ d: SQLDialect, _ catalogue: Catalogue) -> [String] {
    catalogue.entities.flatMap { entity -> [String] in
      let table = RecordTable.name(entity.name)
      let column = RecordTable.changedBy
      return [
        "alter table \(table) add column \(column) \(d.integer)",
        "create index \(table)_\(column) on \(table) (\(column)) where \(column) is not null",
      ]
    }
  }

  /// What a run used of memory; null where the allocator hooks were not available.
  private static func memoryColumns(_ d: SQLDialect) -> [String] {
    ["allocations", "allocated_bytes", "peak_bytes", "live_bytes", "live_blocks"].map {
      "alter table job_done add column \($0) \(d.integer)"
    }
  }

  /// `state` 1: begun under `fence`, its result is not known; 2: done. `number`: the order in which they began.
  private static func stepTables(_ d: SQLDialect) -> [String] {
    [
      """
      create table job_step (
        job \(d.integer) not null,
        name \(d.text) not null,
        number \(d.integer) not null,
        fence \(d.integer) not null,
        state \(d.integer) not null,
        result \(d.text) not null,
        begun_at \(d.integer) not null,
        done_at \(d.integer),
        primary key (job, name))\(d.keyedTable)
      """,
      "create unique index job_step_number on job_step (job, number)",
    ]
  }

  /// One row for each lost job: what its run said, and how far the question what came of it has got. `due_at` null:
  /// `node` asks under the number `ask`. `run_ended` of the live row: the end of its last run is proven.
  private static func lostTables(_ d: SQLDialect) -> [String] {
    [
      "alter table job_live add column run_ended \(d.integer) not null default 0",
      """
      create table job_lost (
        job \(d.integer) primary key,
        kind \(d.integer) not null,
        since \(d.integer) not null,
        message \(d.text) not null,
        left_behind \(d.blob),
        tries \(d.integer) not null,
        due_at \(d.integer),
        node \(d.integer),
        ask \(d.integer) not null,
        asked_at \(d.integer),
        answer \(d.text) not null)\(d.table)
      """,
      "create index job_lost_due on job_lost (kind, due_at, job)",
      "create index job_lost_node on job_lost (node) where node is not null",
      "insert into job_lost (job, kind, since, message, tries, due_at, ask, answer) "
        + "select job, kind, 0, '', 0, 0, 0, '' from job_live where state = 6",
      "insert into counter (name, value) values ('ask', 0)",
      "insert into counter (name, value) values ('audit', 0)",
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

  /// What a store of years needs: the time of a job's newest event, so that none comes before it when the clock was
  /// turned back; the log lines that a run has stored, so that lines sent again are known; ended jobs by their time,
  /// for pruning; an index for each field that records are looked for by.
  private static func longLife(_ d: SQLDialect, _ catalogue: Catalogue) -> [String] {
    let columns = ["changed_at", "log_fence", "log_lines"].map {
      "alter table job_live add column \($0) \(d.integer) not null default 0"
    }
    let indexes = catalogue.entities.flatMap { entity in
      entity.fields.filter(\.isSearchable).map { field -> String in
        let table = RecordTable.name(entity.name)
        return "create index \(table)_\(field.name) on \(table) (\(RecordTable.column(field.name)))"
      }
    }
    let counters = [PruneHistory.keptFor, PruneHistory.logsDoneAt, PruneHistory.logsDoneJob].map {
      "insert into counter (name, value) values ('\($0)', 0)"
    }
    return columns + [
      "update job_live set changed_at = "
        + "coalesce((select max(e.at) from job_event e where e.job = job_live.job), 0)",
      "create index job_done_finished on job_done (finished_at, job)",
    ] + indexes + counters
  }
}
