import DataModel

/// One value bound to or read from SQL.
package enum SQLValue: Sendable, Equatable {
  case null
  case int(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  package static func optional(_ value: Int64?) -> SQLValue { value.map { .int($0) } ?? .null }
  package static func optional(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }
}

/// One row of a result: read by column index, valid only inside the call that hands it over.
package protocol SQLRow {
  func int(_ column: Int) -> Int64
  func optionalInt(_ column: Int) -> Int64?
  func real(_ column: Int) -> Double
  func text(_ column: Int) -> String
  func optionalText(_ column: Int) -> String?
  func blob(_ column: Int) -> [UInt8]
  func isNull(_ column: Int) -> Bool
}

/// A connection to one database, used by one thread at a time. Statements are cached by their text and name
/// their parameters `$1`, `$2` ... in the order in which they first appear.
/// What differs between databases stands behind this and `SQLDialect`; mapping and flow stand once.
package protocol SQLConnection: AnyObject {
  var dialect: SQLDialect { get }
  /// Runs one statement for its effect; the number of rows it changed.
  @discardableResult
  func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Int
  /// Runs one statement once for each row of values, in one go where the database can; changed rows in all.
  @discardableResult
  func runMany(_ sql: String, _ rows: [[SQLValue]]) throws(StoreError) -> Int
  /// Runs one query and hands over each row.
  func query(_ sql: String, _ values: [SQLValue], _ row: (any SQLRow) -> Void) throws(StoreError)
  /// Runs one query once for each key, bound to `$1`, in one go where the database can.
  func queryEach(_ sql: String, _ keys: [Int64], _ row: (any SQLRow) -> Void) throws(StoreError)
  func begin(_ access: StoreAccess) throws(StoreError)
  func commit() throws(StoreError)
  func rollback()
  /// A point inside a transaction to which one verb alone can be undone.
  func setSavepoint() throws(StoreError)
  func releaseSavepoint() throws(StoreError)
  func undoToSavepoint() throws(StoreError)
  /// Ends the connection; every later call throws `closed`.
  func close()
}

extension SQLConnection {
  /// The first column of the first row, nil when there is none.
  package func number(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Int64? {
    var found: Int64?
    try query(sql, values) { row in
      if found == nil { found = row.optionalInt(0) }
    }
    return found
  }
}
