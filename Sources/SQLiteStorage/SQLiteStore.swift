package import DataModel
import Glibc
package import Storage

/// Opens the store in an SQLite file.
package enum SQLiteStore {
  /// How long the WAL is from the start, in bytes.
  package static let walBytes = 16 << 20
  /// A page in the WAL with its head.
  private static let frameBytes = 4096 + 24
  /// The disk of a process whose environment arms faults.
  private static let environmentDisk =
    DiskFault.ofEnvironment.isEmpty ? nil : FaultyDisk(DiskFault.ofEnvironment)

  /// Opens or makes the file, brings its tables up to date and makes its WAL ready. `clock` is the store's: all
  /// times in rows come from it. The caller holds the store's lock: nobody else may have the file open.
  /// A file of an older schema is copied first (`PATH.schema-1.backup`), or refused unless `mayMigrate`. `tell` is
  /// given what the operator should know: a migration that was made, damage that was found.
  package static func open(
    path: String, catalogue: Catalogue = .standard, walBytes: Int = walBytes, mayMigrate: Bool = true,
    disk: FaultyDisk? = nil, clock: @escaping @Sendable () -> Milliseconds,
    tell: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(StoreError) -> SQLStore {
    let disk = disk ?? environmentDisk
    try DamageMark.check(path)
    let writer = try SQLiteConnection(path: path, disk: disk)
    try migrate(writer, catalogue, mayMigrate, clock(), tell)
    try writer.keepWAL()
    try writer.execute("pragma journal_size_limit = -1")
    // Written back when two thirds are used: the next commit begins the WAL anew, and stays inside its length.
    try writer.execute("pragma wal_autocheckpoint = \(walBytes / frameBytes * 2 / 3)")
    // What the process before has written and not seen on the disk is made sure of, or thrown away, before it is
    // built upon.
    writer.walBytes = walBytes
    try writer.settleDoubt()
    let reader = try SQLiteConnection(path: path, isReader: true, disk: disk)
    try reader.keepWAL()
    return SQLStore(writer: writer, reader: reader, catalogue: catalogue, location: path, clock: clock) {
      error in
      DamageMark.set(path, error)
      tell("\(error); nothing more is written to it")
    }
  }

  /// A store in memory: the same tables and verbs, gone with the process. For the simulator and for trying a plug-in
  /// without an engine.
  package static func inMemory(
    catalogue: Catalogue = .standard, clock: @escaping @Sendable () -> Milliseconds
  ) throws(StoreError) -> SQLStore {
    let connection = try SQLiteConnection(inMemory: ())
    try Migrations.bring(connection, to: catalogue, now: clock(), location: "memory")
    return SQLStore(only: connection, catalogue: catalogue, location: "memory", clock: clock)
  }

  /// A whole, checked copy of a store that may be in use, in a new file.
  package static func backUp(_ path: String, to copy: String) throws(StoreError) -> StoreReport {
    let connection = try SQLiteConnection(path: path)
    defer { connection.close() }
    // The log of a store in use is the engine's: it stays when this connection is the last to close.
    try connection.keepWAL()
    return try SQLiteCopy.make(of: connection, to: copy, replacing: false)
  }

  /// Reads the whole file and says what is wrong with it. Changes nothing.
  package static func check(_ path: String) throws(StoreError) -> StoreReport {
    do throws(StoreError) {
      return try check(SQLiteConnection(lookingAt: path), path)
    } catch  where error.code == .database && hasRest(path) {
      // What a process that died has left has to be settled first, and that is a write.
      return try check(SQLiteConnection(path: path), path)
    }
  }

  /// A process that died has left a log or a journal that only a writer can settle.
  private static func hasRest(_ path: String) -> Bool {
    ["-wal", "-journal"].contains { access(path + $0, F_OK) == 0 }
  }

  private static func check(
    _ connection: SQLiteConnection, _ path: String
  ) throws(StoreError) -> StoreReport {
    defer { connection.close() }
    let schema = try Migrations.version(of: connection, location: path)
    guard schema == Migrations.newest else {
      throw StoreError(
        .olderSchema, "\(path) has schema \(schema), and this program checks schema \(Migrations.newest)",
        cure: "start `bulkhead serve` once to bring it up to date")
    }
    return try CheckStore.report(on: connection)
  }

  private static func migrate(
    _ writer: SQLiteConnection, _ catalogue: Catalogue, _ mayMigrate: Bool, _ now: Milliseconds,
    _ tell: (String) -> Void
  ) throws(StoreError) {
    let schema = try Migrations.version(of: writer, location: writer.path)
    guard schema > 0, schema < Migrations.newest else {
      return try Migrations.bring(writer, to: catalogue, now: now, location: writer.path)
    }
    guard mayMigrate else {
      throw StoreError(
        .olderSchema,
        "\(writer.path) has schema \(schema) of an older bulkhead (this one has \(Migrations.newest)), and is not "
          + "to be migrated",
        cure: "start without --no-migrate to bring it up to date (a copy is kept), or run the older bulkhead")
    }
    let copy = writer.path + ".schema-\(schema).backup"
    FaultPoint.reach("migration.before_copy")
    try SQLiteCopy.make(of: writer, to: copy, replacing: true)
    FaultPoint.reach("migration.copied")
    try Migrations.bring(writer, to: catalogue, now: now, location: writer.path)
    tell(
      "brought \(writer.path) from schema \(schema) to \(Migrations.newest); the old one is kept in \(copy)")
  }
}
