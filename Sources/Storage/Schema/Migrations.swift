package import DataModel

/// One step of the schema. Steps are only ever added at the end.
struct Migration: Sendable {
  let version: Int64
  let statements: @Sendable (SQLDialect, Catalogue) -> [String]
}

/// Brings a database to the schema of this program, or says why it cannot.
package enum Migrations {
  static let all = [
    Migration(version: 1, statements: Schema.first),
    Migration(version: 2, statements: Schema.second),
  ]
  /// The newest schema that this program knows.
  package static let newest: Int64 = 2

  /// The schema of a database, 0 for one without tables. Throws for the database of another program and for one of
  /// a newer bulkhead; changes nothing.
  package static func version(
    of connection: any SQLConnection, location: String
  ) throws(StoreError) -> Int64 {
    let dialect = connection.dialect
    guard try connection.number(dialect.countTables, [.text("schema_version")]) != 0 else {
      if try connection.number(dialect.countAllTables, []) == 0 { return 0 }
      throw StoreError(
        .database, "\(location) is the database of another program: it has tables, but none of bulkhead's",
        cure: "name another store with --store")
    }
    let current = try connection.number("select max(version) from schema_version", []) ?? 0
    if current > newest {
      throw StoreError(
        .newerSchema,
        "\(location) was written by a newer bulkhead (its schema is \(current), this program knows \(newest))",
        cure: "run the newer bulkhead, or name another store with --store")
    }
    return current
  }

  /// Takes all missing steps in one transaction: afterwards the database is as this program wants it, or, when
  /// that failed or the process died, as it was.
  package static func bring(
    _ connection: any SQLConnection, to catalogue: Catalogue, now: Milliseconds, location: String
  ) throws(StoreError) {
    let current = try version(of: connection, location: location)
    let steps = all.filter { $0.version > current }
    if steps.isEmpty { return }
    try connection.begin(.write)
    do throws(StoreError) {
      for step in steps { try take(step, connection, catalogue, now) }
      FaultPoint.reach("migration.before_commit")
      try connection.commit()
    } catch {
      connection.rollback()
      if current == 0 { throw error }
      throw StoreError(
        error.code,
        "\(location) could not be brought from schema \(current) to \(newest) and is as it was: \(error.message)",
        cure: error.cure)
    }
    FaultPoint.reach("migration.after_commit")
  }

  /// The definitions of all tables, for the golden file.
  package static func describe(_ connection: any SQLConnection) throws(StoreError) -> String {
    var texts: [String] = []
    try connection.query(connection.dialect.describe, []) { texts.append($0.text(0) + ";\n") }
    return texts.joined(separator: "\n")
  }

  private static func take(
    _ step: Migration, _ connection: any SQLConnection, _ catalogue: Catalogue, _ now: Milliseconds
  ) throws(StoreError) {
    let dialect = connection.dialect
    if step.version == 1 {
      try connection.run(
        """
        create table schema_version (
          version \(dialect.integer) primary key,
          applied_at \(dialect.integer) not null)\(dialect.table)
        """, [])
    }
    for statement in step.statements(dialect, catalogue) {
      try connection.run(statement, [])
      FaultPoint.reach("migration.statement")
    }
    try connection.run(
      "insert into schema_version (version, applied_at) values ($1, $2)", [.int(step.version), .int(now)])
  }
}
