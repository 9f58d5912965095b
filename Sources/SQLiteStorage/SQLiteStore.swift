package import DataModel
package import Storage

/// Opens the store in an SQLite file.
package enum SQLiteStore {
  /// How long the WAL is from the start, in bytes.
  package static let walBytes = 16 << 20
  /// A page in the WAL with its head.
  private static let frameBytes = 4096 + 24

  /// Opens or makes the file, brings its tables up to date and makes its WAL ready. `clock` is the store's: all
  /// times in rows come from it. The caller holds the store's lock: nobody else may have the file open.
  package static func open(
    path: String, catalogue: Catalogue = .standard, walBytes: Int = walBytes,
    clock: @escaping @Sendable () -> Milliseconds
  ) throws(StoreError) -> SQLStore {
    let writer = try SQLiteConnection(path: path)
    try Migrations.bring(writer, to: catalogue, now: clock(), location: path)
    try writer.keepWAL()
    try writer.execute("pragma journal_size_limit = -1")
    // Written back when two thirds are used: the next commit begins the WAL anew, and stays inside its length.
    try writer.execute("pragma wal_autocheckpoint = \(walBytes / frameBytes * 2 / 3)")
    try WALFile.lengthen(path + "-wal", to: walBytes)
    let reader = try SQLiteConnection(path: path, isReader: true)
    try reader.keepWAL()
    return SQLStore(writer: writer, reader: reader, catalogue: catalogue, location: path, clock: clock)
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
}
