/// What differs between the databases' SQL. Everything else is written once and runs on each.
package struct SQLDialect: Sendable {
  /// "sqlite", as in store locations and names of golden files.
  package let name: String
  /// A 64-bit integer.
  package let integer: String
  package let real: String
  package let text: String
  package let blob: String
  /// Ends a table of narrow rows that is read only by its primary key.
  package let keyedTable: String
  /// Ends every other table.
  package let table: String
  /// Counts the tables of that name.
  package let countTables: String
  /// Counts all tables: none in a fresh database.
  package let countAllTables: String
  /// The definitions of all tables and indexes, one a row, in a stable order.
  package let describe: String
  /// Checks every page: one row "ok", or one a problem.
  package let checkPages: String
  /// The size of the database in bytes.
  package let size: String

  package init(
    name: String, integer: String, real: String, text: String, blob: String, keyedTable: String,
    table: String,
    countTables: String, countAllTables: String, describe: String, checkPages: String, size: String
  ) {
    self.name = name
    self.integer = integer
    self.real = real
    self.text = text
    self.blob = blob
    self.keyedTable = keyedTable
    self.table = table
    self.countTables = countTables
    self.countAllTables = countAllTables
    self.describe = describe
    self.checkPages = checkPages
    self.size = size
  }
}
