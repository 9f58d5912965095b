package import DataModel
import Glibc
package import Storage

/// A store that is no engine's: plug-ins are tried on it without one, and it is kept between runs. It bears a mark, so
/// that nobody's jobs are touched by mistake.
extension SQLiteStore {
  /// In the file's head (`pragma application_id`, at byte 68); an engine's store has 0 there.
  private static let privateMark: Int64 = 0x4248_5452
  private static let markOffset = 68

  /// Throws `invalid` for a file that is something else than a private store, without touching it. One that is not
  /// there, or empty, can become one.
  package static func checkPrivate(path: String) throws(StoreError) {
    guard let mark = try mark(of: path), mark != privateMark else { return }
    throw StoreError(
      .invalid, "\(path) is the store of an engine, or another program's file",
      cure: "name a file that is not there yet: it is made, and kept for the next run")
  }

  /// Throws `invalid` for a private store: an engine that served it would make it its own.
  package static func checkNotPrivate(path: String) throws(StoreError) {
    guard try mark(of: path) == privateMark else { return }
    throw StoreError(
      .invalid, "\(path) is a store that `bulkhead plugin run --store` keeps for itself",
      cure: "name another one with --store")
  }

  /// The mark in a file's head, 0 when it has no whole head; nil when there is no file, or an empty one.
  private static func mark(of path: String) throws(StoreError) -> Int64? {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw StoreError(.database, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { Glibc.close(file) }
    var head = [UInt8](repeating: 0, count: markOffset + 4)
    let count = pread(file, &head, head.count, 0)
    if count == 0 { return nil }
    return count == head.count ? head[markOffset...].reduce(Int64(0)) { $0 << 8 | Int64($1) } : 0
  }

  /// Opens or makes it; throws as `checkPrivate`. The caller holds the store's lock.
  package static func openPrivate(
    path: String, clock: @escaping @Sendable () -> Milliseconds
  ) throws(StoreError) -> SQLStore {
    try checkPrivate(path: path)
    let connection = try SQLiteConnection(path: path)
    do throws(StoreError) {
      try connection.execute("pragma application_id = \(privateMark)")
    } catch {
      connection.close()
      throw error
    }
    // Closed, so that the mark is in the file itself before any table is.
    connection.close()
    return try open(path: path, walBytes: 1 << 20, clock: clock)
  }

  /// Puts everything into the one file, when nobody has it open any more.
  package static func settlePrivate(path: String) throws(StoreError) {
    try SQLiteConnection(path: path).close()
  }
}
