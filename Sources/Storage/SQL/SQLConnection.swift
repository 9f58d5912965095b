package import DataModel

/// One value bound to or read from SQL.
package enum SQLValue: Sendable, Equatable {
  case null
  case int(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])
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

/// A connection to one database, used by one thread at a time. Statements are cached by their text.
/// What differs between databases stands behind this and `SQLDialect`; mapping and flow stand once.
package protocol SQLConnection: AnyObject {
  /// Runs one statement for its effect; the number of rows it changed.
  @discardableResult
  func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Int
  /// Runs one statement once for each row of values, in one go where the database can; changed rows in all.
  @discardableResult
  func runMany(_ sql: String, _ rows: [[SQLValue]]) throws(StoreError) -> Int
  /// Runs one query and hands over each row.
  func query(_ sql: String, _ values: [SQLValue], _ row: (any SQLRow) -> Void) throws(StoreError)
  func begin(_ access: StoreAccess) throws(StoreError)
  func commit() throws(StoreError)
  func rollback()
}

/// One transaction of the SQL store: the connection, the time of the store's clock, and the signals that the
/// commit will send.
package final class SQLTransaction {
  package let connection: any SQLConnection
  package let catalogue: Catalogue
  /// The store's clock when the transaction began.
  package let now: Milliseconds
  package private(set) var signals: Set<StoreSignal> = []

  package init(connection: any SQLConnection, catalogue: Catalogue, now: Milliseconds) {
    self.connection = connection
    self.catalogue = catalogue
    self.now = now
  }

  package func signal(_ signal: StoreSignal) { signals.insert(signal) }

  /// Drops signals of a verb that was undone.
  package func restoreSignals(_ saved: Set<StoreSignal>) { signals = saved }
}
