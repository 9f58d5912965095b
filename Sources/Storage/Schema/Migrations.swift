package import DataModel

/// One step of the schema, made in one transaction. Steps are only ever added at the end.
struct Migration: Sendable {
  let version: Int64
  let statements: @Sendable (SQLDialect, Catalogue) -> [String]
}

/// Brings a database to the schema of this program, or says why it cannot.
package enum Migrations {
  static let all = [
    Migration(version: 1, statements: Schema.first),
    Migration(version: 2, statements: { dialect, _ in Schema.second(dialect) }),
  ]
  /// The newest schema that this program knows.
  package static let newest: Int64 = 2

  package static func bring(
    _ connection: any SQLConnection, to catalogue: Catalogue, now: Milliseconds, location: String
  ) throws(StoreError) {
    let current = try version(of: connection, location: location)
    if current > newest {
      throw StoreError(
        .newerSchema,
        "\(location) was written by a newer bulkhead (its schema is \(current), this program knows \(newest))",
        cure: "run the newer bulkhead, or name another store with --store")
    }
    for migration in all where migration.version > current {
      try apply(migration, connection, catalogue, now)
    }
  }

  /// The definitions of all tables, for the golden file.
  package static func describe(_ connection: any SQLConnection) throws(StoreError) -> String {
    var texts: [String] = []
    try connection.query(connection.dialect.describe, []) { texts.append($0.text(0) + ";\n") }
    return texts.joined(separator: "\n")
  }

  private static func version(
    of connection: any SQLConnection, location: String
  ) throws(StoreError) -> Int64 {
    let dialect = connection.dialect
    if try connection.number(dialect.countTables, [.text("schema_version")]) != 0 {
      return try connection.number("select max(version) from schema_version", []) ?? 0
    }
    if try connection.number(dialect.countAllTables, []) != 0 {
      throw StoreError(
        .database, "\(location) is the database of another program: it has tables, but none of bulkhead's",
        cure: "name another store with --store")
    }
    return 0
  }

  private static func apply(
    _ migration: Migration, _ connection: any SQLConnection, _ catalogue: Catalogue, _ now: Milliseconds
  ) throws(StoreError) {
    let dialect = connection.dialect
    try connection.begin(.write)
    do throws(StoreError) {
      if migration.version == 1 {
        try connection.run(
          """
          create table schema_version (
            version \(dialect.integer) primary key,
            applied_at \(dialect.integer) not null)\(dialect.table)
          """, [])
      }
      for statement in migration.statements(dialect, catalogue) { try connection.run(statement, []) }
      try connection.run(
        "insert into schema_version (version, applied_at) values ($1, $2)",
        [.int(migration.version), .int(now)])
      try connection.commit()
    } catch {
      connection.rollback()
      throw error
    }
  }
}
