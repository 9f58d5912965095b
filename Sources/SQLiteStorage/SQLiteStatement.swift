import CSQLite
import Storage

/// One prepared statement. It is reset after every use, so that it holds no lock between calls.
final class SQLiteStatement {
  private let handle: OpaquePointer
  private let statement: OpaquePointer
  private let path: String
  private let parameters: Int

  init(_ handle: OpaquePointer, _ sql: String, path: String) throws(StoreError) {
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK, let prepared else { throw SQLiteFault.error(handle, code, path, sql: sql) }
    self.handle = handle
    self.path = path
    statement = prepared
    parameters = Int(sqlite3_bind_parameter_count(prepared))
  }

  deinit { sqlite3_finalize(statement) }

  func bind(_ values: [SQLValue]) throws(StoreError) {
    guard values.count == parameters else {
      throw StoreError(
        .database, "a statement with \(parameters) parameters was given \(values.count): \(sql)")
    }
    var index: Int32 = 1
    for value in values {
      let code = bind(value, index)
      if code != SQLITE_OK { throw SQLiteFault.error(handle, code, path, sql: sql) }
      index += 1
    }
  }

  func bind(_ key: Int64) throws(StoreError) {
    let code = sqlite3_bind_int64(statement, 1, key)
    if code != SQLITE_OK { throw SQLiteFault.error(handle, code, path, sql: sql) }
  }

  /// Steps to the end, passing over rows.
  func finish() throws(StoreError) {
    var code = sqlite3_step(statement)
    while code == SQLITE_ROW { code = sqlite3_step(statement) }
    try reset(after: code)
  }

  func each(_ body: (any SQLRow) -> Void) throws(StoreError) {
    var code = sqlite3_step(statement)
    while code == SQLITE_ROW {
      body(SQLiteRow(statement: statement))
      code = sqlite3_step(statement)
    }
    try reset(after: code)
  }

  private var sql: String { sqlite3_sql(statement).map { String(cString: $0) } ?? "" }

  private func reset(after code: Int32) throws(StoreError) {
    if code == SQLITE_DONE {
      sqlite3_reset(statement)
      return
    }
    let error = SQLiteFault.error(handle, code, path, sql: sql)
    sqlite3_reset(statement)
    throw error
  }

  private func bind(_ value: SQLValue, _ index: Int32) -> Int32 {
    switch value {
    case .null: return sqlite3_bind_null(statement, index)
    case .int(let value): return sqlite3_bind_int64(statement, index, value)
    case .real(let value): return sqlite3_bind_double(statement, index, value)
    case .text(var value):
      return value.withUTF8 { utf8 in
        utf8.withMemoryRebound(to: CChar.self) {
          bulkhead_bind_text(statement, index, $0.baseAddress, Int32(utf8.count))
        }
      }
    case .blob(let value):
      return value.withUnsafeBytes {
        bulkhead_bind_blob(statement, index, $0.baseAddress, Int32($0.count))
      }
    }
  }
}

/// The row that a statement stands at.
struct SQLiteRow: SQLRow {
  let statement: OpaquePointer

  func int(_ column: Int) -> Int64 { sqlite3_column_int64(statement, Int32(column)) }

  func optionalInt(_ column: Int) -> Int64? { isNull(column) ? nil : int(column) }

  func real(_ column: Int) -> Double { sqlite3_column_double(statement, Int32(column)) }

  func text(_ column: Int) -> String {
    guard let bytes = sqlite3_column_text(statement, Int32(column)) else { return "" }
    let count = Int(sqlite3_column_bytes(statement, Int32(column)))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

  func blob(_ column: Int) -> [UInt8] {
    guard let bytes = sqlite3_column_blob(statement, Int32(column)) else { return [] }
    let count = Int(sqlite3_column_bytes(statement, Int32(column)))
    return [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
  }

  func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }
}
