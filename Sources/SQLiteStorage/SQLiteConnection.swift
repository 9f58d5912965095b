import CSQLite
import Glibc
package import Storage

/// One connection to an SQLite file. Opened without SQLite's own locks: used by one thread at a time.
package final class SQLiteConnection: SQLConnection {
  package let dialect = SQLDialect.sqlite
  package let path: String
  private var handle: OpaquePointer?
  private var statements: [String: SQLiteStatement] = [:]
  /// More than the product has; a flood of different texts (there is none) would start over.
  private static let maximumStatements = 500

  /// A new file is its owner's alone: parameters, logs and results are in it. SQLite gives its other files the same
  /// rights. What is wrong with the path is said by SQLite.
  private static func makePrivate(_ path: String) {
    let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if file >= 0 { Glibc.close(file) }
  }

  /// How long the WAL is made when it has to be begun anew; 0: it grows as it is written.
  var walBytes = 0
  /// A sync has failed: what the disk holds of the WAL is not known.
  private var isDoubtful = false

  private static let configured = bulkhead_configure_sqlite()

  /// Opens or makes the file. `isReader` connections can change nothing. How long to wait for a lock that another
  /// program holds on the file is said by `busyMilliseconds`.
  package init(
    path: String, isReader: Bool = false, busyMilliseconds: Int32 = 5000, disk: FaultyDisk? = nil
  ) throws(StoreError) {
    self.path = path
    if !isReader { Self.makePrivate(path) }
    try open(SQLITE_OPEN_READWRITE | (isReader ? 0 : SQLITE_OPEN_CREATE), disk)
    sqlite3_busy_timeout(handle, busyMilliseconds)
    do throws(StoreError) {
      try useWAL()
      try execute("pragma synchronous = full")
      try execute("pragma foreign_keys = on")
      try execute("pragma temp_store = memory")
      try execute("pragma cache_size = \(isReader ? -8192 : -65536)")
      if isReader { try execute("pragma query_only = on") }
    } catch {
      close()
      throw error
    }
  }

  /// A database in memory that only this connection can see.
  package init(inMemory: Void) throws(StoreError) {
    path = ":memory:"
    try open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY, nil)
    try execute("pragma foreign_keys = on")
    try execute("pragma temp_store = memory")
  }

  /// Only to look at a file, whatever it is: changes nothing, not even at the end.
  package init(lookingAt path: String) throws(StoreError) {
    self.path = path
    try open(SQLITE_OPEN_READONLY, nil)
    sqlite3_busy_timeout(handle, 5000)
  }

  deinit { close() }

  private func open(_ flags: Int32, _ disk: FaultyDisk?) throws(StoreError) {
    _ = Self.configured
    let code = sqlite3_open_v2(path, &handle, SQLITE_OPEN_NOMUTEX | flags, disk?.name)
    guard code == SQLITE_OK else {
      let error = SQLiteFault.error(handle, code, path)
      sqlite3_close_v2(handle)
      handle = nil
      throw error
    }
    sqlite3_extended_result_codes(handle, 1)
  }

  package func close() {
    statements.removeAll()
    sqlite3_close_v2(handle)
    handle = nil
  }

  @discardableResult
  package func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Int {
    let statement = try statement(sql)
    let before = sqlite3_total_changes(handle)
    try statement.bind(values)
    try statement.finish()
    return Int(sqlite3_total_changes(handle) &- before)
  }

  @discardableResult
  package func runMany(_ sql: String, _ rows: [[SQLValue]]) throws(StoreError) -> Int {
    if rows.isEmpty { return 0 }
    let statement = try statement(sql)
    let before = sqlite3_total_changes(handle)
    for values in rows {
      try statement.bind(values)
      try statement.finish()
    }
    return Int(sqlite3_total_changes(handle) &- before)
  }

  package func query(
    _ sql: String, _ values: [SQLValue], _ row: (any SQLRow) -> Void
  ) throws(StoreError) {
    let statement = try statement(sql)
    try statement.bind(values)
    try statement.each(row)
  }

  package func queryEach(
    _ sql: String, _ keys: [Int64], _ row: (any SQLRow) -> Void
  ) throws(StoreError) {
    if keys.isEmpty { return }
    let statement = try statement(sql)
    for key in keys {
      try statement.bind(key)
      try statement.each(row)
    }
  }

  package func begin(_ access: StoreAccess) throws(StoreError) {
    if access == .write, isDoubtful { try settleDoubt() }
    try run(access == .write ? "begin immediate" : "begin", [])
  }

  package func commit() throws(StoreError) {
    do throws(StoreError) {
      try run("commit", [])
    } catch {
      if sqlite3_extended_errcode(handle) == SQLiteFault.syncFailed { isDoubtful = true }
      throw error
    }
  }

  /// Writes all that is committed into the database, makes sure that the disk has it, and begins the WAL anew. After
  /// a failed sync the kernel takes the pages for written: what was committed behind them would be lost with them at
  /// the next loss of power, although its own sync went well. Until this has succeeded nothing more is written.
  func settleDoubt() throws(StoreError) {
    var isBusy = true
    try query("pragma wal_checkpoint(truncate)", []) { isBusy = $0.int(0) != 0 }
    if isBusy {
      throw StoreError(
        .database, "\(path) is read by another program, and its log has to be begun anew",
        cure: "close it there: only `bulkhead serve` may open the file")
    }
    isDoubtful = false
    try WALFile.lengthen(path + "-wal", to: walBytes)
  }

  package func rollback() {
    // A failed commit may have rolled back by itself; a connection that cannot says so at the next begin.
    if let handle, sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "rollback", nil, nil, nil) }
  }

  package func setSavepoint() throws(StoreError) { try run("savepoint verb", []) }
  package func releaseSavepoint() throws(StoreError) { try run("release verb", []) }

  package func undoToSavepoint() throws(StoreError) {
    try run("rollback to verb", [])
    try run("release verb", [])
  }

  /// Runs a text that is used once; not cached.
  func execute(_ sql: String) throws(StoreError) {
    guard let handle else { throw isClosed }
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw SQLiteFault.error(handle, code, path) }
  }

  /// Some file systems cannot share memory, and SQLite then quietly keeps another journal.
  private func useWAL() throws(StoreError) {
    var mode = ""
    try query("pragma journal_mode = wal", []) { mode = $0.text(0) }
    if mode == "wal" { return }
    throw StoreError(
      .database, "the file system of \(path) cannot hold a write-ahead log (SQLite uses '\(mode)' there)",
      cure: "put the store on a local disk")
  }

  /// The WAL file stays when the last connection closes.
  func keepWAL() throws(StoreError) {
    guard let handle else { throw isClosed }
    let code = bulkhead_persist_wal(handle, 1)
    guard code == SQLITE_OK else { throw SQLiteFault.error(handle, code, path) }
  }

  private var isClosed: StoreError { StoreError(.closed, "the store \(path) is closed") }

  private func statement(_ sql: String) throws(StoreError) -> SQLiteStatement {
    if let found = statements[sql] { return found }
    guard let handle else { throw isClosed }
    if statements.count >= Self.maximumStatements { statements.removeAll() }
    let statement = try SQLiteStatement(handle, sql, path: path)
    statements[sql] = statement
    return statement
  }
}
