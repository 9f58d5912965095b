import DataModel

/// The first version of the tables. Insert-only: `job_spec`, `job_done`, `job_event`. One narrow row a live job in
/// `job_live`, the anchor of every compare-and-set. Queues are rows that come and go: `job_ready`, `job_active`,
/// `job_cancel`.
enum Schema {
  static func first(_ dialect: SQLDialect, _ catalogue: Catalogue) -> [String] {
    jobTables(dialect) + queueTables(dialect) + historyTables(dialect) + nodeTables(dialect)
      + pluginTables(dialect)
      + catalogue.entities.flatMap { recordTable($0, dialect) } + firstRows()
  }

  private static func jobTables(_ d: SQLDialect) -> [String] {
    [
      """
      create table job_kind (
        id \(d.integer) primary key,
        plugin \(d.text) not null,
        action \(d.text) not null,
        unique (plugin, action))\(d.table)
      """,
      """
      create table job_spec (
        job \(d.integer) primary key,
        kind \(d.integer) not null,
        params \(d.text) not null,
        repeat_rule \(d.integer) not null,
        deadline_ms \(d.integer) not null,
        cleanup_ms \(d.integer) not null,
        grace_ms \(d.integer) not null,
        submitted_at \(d.integer) not null)\(d.table)
      """,
      """
      create table job_live (
        job \(d.integer) primary key,
        kind \(d.integer) not null,
        repeat_rule \(d.integer) not null,
        state \(d.integer) not null,
        fence \(d.integer) not null,
        attempt \(d.integer) not null,
        cancel_requested \(d.integer) not null,
        node \(d.integer),
        started_at \(d.integer),
        write_seq \(d.integer) not null,
        events \(d.integer) not null,
        reason \(d.text) not null)\(d.table)
      """,
    ]
  }

  private static func queueTables(_ d: SQLDialect) -> [String] {
    [
      """
      create table job_ready (
        kind \(d.integer) not null,
        job \(d.integer) not null,
        primary key (kind, job))\(d.keyedTable)
      """,
      """
      create table job_active (
        node \(d.integer) not null,
        job \(d.integer) not null,
        primary key (node, job))\(d.keyedTable)
      """,
      """
      create table job_cancel (
        node \(d.integer) not null,
        job \(d.integer) not null,
        primary key (node, job))\(d.keyedTable)
      """,
      """
      create table submit_batch (
        batch \(d.blob) primary key,
        first_job \(d.integer) not null,
        jobs \(d.integer) not null,
        at \(d.integer) not null)\(d.keyedTable)
      """,
      "create index submit_batch_at on submit_batch (at)",
    ]
  }

  private static func historyTables(_ d: SQLDialect) -> [String] {
    [
      """
      create table job_done (
        job \(d.integer) primary key,
        outcome \(d.integer) not null,
        fence \(d.integer) not null,
        attempt \(d.integer) not null,
        cancel_requested \(d.integer) not null,
        node \(d.integer),
        started_at \(d.integer),
        finished_at \(d.integer) not null,
        code \(d.integer) not null,
        message \(d.text) not null,
        result \(d.text),
        left_behind \(d.blob),
        cpu_ns \(d.integer) not null,
        wall_ns \(d.integer) not null,
        host_calls \(d.integer) not null,
        reason \(d.text) not null)\(d.table)
      """,
      """
      create table job_event (
        job \(d.integer) not null,
        number \(d.integer) not null,
        at \(d.integer) not null,
        from_status \(d.integer) not null,
        to_status \(d.integer) not null,
        reason \(d.text) not null,
        fence \(d.integer) not null,
        detail \(d.text) not null,
        primary key (job, number))\(d.keyedTable)
      """,
      """
      create table job_progress (
        job \(d.integer) primary key,
        done \(d.integer) not null,
        total \(d.integer) not null,
        message \(d.text) not null,
        at \(d.integer) not null)\(d.table)
      """,
      """
      create table job_log (
        id \(d.integer) primary key,
        job \(d.integer) not null,
        at \(d.integer) not null,
        level \(d.integer) not null,
        text \(d.text) not null)\(d.table)
      """,
      "create index job_log_job on job_log (job, id)",
      """
      create table job_count (
        status \(d.integer) primary key,
        jobs \(d.integer) not null)\(d.table)
      """,
    ]
  }

  private static func nodeTables(_ d: SQLDialect) -> [String] {
    [
      """
      create table counter (
        name \(d.text) primary key,
        value \(d.integer) not null)\(d.keyedTable)
      """,
      """
      create table node (
        id \(d.integer) primary key,
        pid \(d.integer) not null,
        start_ticks \(d.integer) not null,
        boot_id \(d.text) not null,
        node_order \(d.integer) not null,
        since \(d.integer) not null,
        ended_at \(d.integer),
        ended_detail \(d.text))\(d.table)
      """,
      "create index node_living on node (id) where ended_at is null",
    ]
  }

  private static func pluginTables(_ d: SQLDialect) -> [String] {
    [
      """
      create table plugin_file (
        file \(d.text) primary key,
        state \(d.integer) not null,
        plugin_id \(d.text) not null,
        version \(d.text) not null,
        sha256 \(d.text) not null,
        manifest \(d.text) not null,
        image \(d.text) not null,
        message \(d.text) not null,
        generation \(d.integer) not null,
        changed_at \(d.integer) not null)\(d.table)
      """,
      """
      create table plugin_generation (
        plugin_id \(d.text) primary key,
        generation \(d.integer) not null,
        sha256 \(d.text) not null)\(d.table)
      """,
      """
      create table plugin_report (
        node \(d.integer) not null,
        sha256 \(d.text) not null,
        is_loaded \(d.integer) not null,
        message \(d.text) not null,
        primary key (node, sha256))\(d.table)
      """,
    ]
  }

  /// One table an entity: its fields typed, its natural key unique, its references indexed (a delete asks them).
  private static func recordTable(_ entity: EntityDefinition, _ d: SQLDialect) -> [String] {
    let table = RecordTable.name(entity.name)
    var columns = ["id \(d.integer) primary key", "version \(d.integer) not null"]
    var indexes: [String] = []
    for field in entity.fields {
      var column = "\(RecordTable.column(field.name)) \(type(field.type, d))"
      if field.isRequired { column += " not null" }
      if field.name == entity.naturalKey { column += " unique" }
      if case .ref(let target) = field.type {
        column += " references \(RecordTable.name(target)) (id)"
        indexes.append("create index \(table)_\(field.name) on \(table) (\(RecordTable.column(field.name)))")
      }
      columns.append(column)
    }
    return ["create table \(table) (\n  " + columns.joined(separator: ",\n  ") + ")\(d.table)"] + indexes
  }

  private static func type(_ type: FieldType, _ d: SQLDialect) -> String {
    switch type {
    case .bool, .int, .instant, .ref: d.integer
    case .real: d.real
    case .string: d.text
    }
  }

  private static func firstRows() -> [String] {
    ["job", "kind", "node", "log", "plugin_revision"].map {
      "insert into counter (name, value) values ('\($0)', 0)"
    } + StatusCode.all.map { "insert into job_count (status, jobs) values (\($0.raw), 0)" }
  }
}
