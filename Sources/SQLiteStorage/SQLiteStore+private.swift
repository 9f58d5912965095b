package import DataModel
import Glibc
package import Storage

/// A store that is no engine's: plug-ins are tried on it without one, and it is kept between runs. It bears a mark, so
/// that nobody's jobs are touched by mistake.
extension SQLiteStore {
  /// In the file's head (`pragma application_id`); an engine's store has 0 there.
  private static let privateMark: Int64 = 0x4248_5452

  /// Opens or makes it. Throws `invalid` for a file that is something else. The caller holds the store's lock.
  package static func openPrivate(
    path: String, clock: @escaping @Sendable () -> Milliseconds
  ) throws(StoreError) -> SQLStore {
    let isNew = isEmpty(path)
    let connection = try SQLiteConnection(path: path)
    do throws(StoreError) {
      // Committed and in the file itself before any table is: a half-made file is known for what it is.
      if isNew { try connection.execute("pragma application_id = \(privateMark)") }
      guard try connection.number("pragma application_id", []) == privateMark else {
        throw StoreError(
          .invalid, "\(path) is the store of an engine, or another program's file",
          cure: "name a file that is not there yet: it is made, and kept for the next run")
      }
    } catch {
      connection.close()
      throw error
    }
    connection.close()
    return try open(path: path, walBytes: 1 << 20, clock: clock)
  }

  /// Puts everything into the one file, when nobody has it open any more.
  package static func settlePrivate(path: String) throws(StoreError) {
    try SQLiteConnection(path: path).close()
  }

  private static func isEmpty(_ path: String) -> Bool {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return true }
    defer { Glibc.close(file) }
    return lseek(file, 0, Int32(SEEK_END)) == 0
  }
}
