import Glibc
import Storage

/// A file beside the store that says that it was found damaged: so that an engine that is started again checks every
/// page first, instead of going on until it comes to the same place.
enum DamageMark {
  static func path(_ store: String) -> String { store + ".damaged" }

  /// The log has to go with the file: it is not a part of a copy, and what stands in it would be laid over one.
  static func cure(_ store: String) -> String {
    "remove \(store), \(store)-wal, \(store)-shm and \(path(store)), and put a copy made by "
      + "`bulkhead store backup` in its place"
  }

  static func set(_ store: String, _ error: StoreError) {
    let file = open(path(store), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    defer { close(file) }
    let text = Array((error.message + "\n").utf8)
    // Only a hint for the next start: without it the damage is found later.
    _ = write(file, text, text.count)
  }

  /// Throws when the store was marked and still is damaged; takes the mark away from one that is whole again.
  static func check(_ store: String) throws(StoreError) {
    guard access(path(store), F_OK) == 0 else { return }
    let connection = try SQLiteConnection(lookingAt: store)
    defer { connection.close() }
    let report = try CheckStore.report(on: connection)
    if let first = report.problems.first {
      throw StoreError(
        .damaged, "\(store) is damaged: \(first)",
        cure: cure(store))
    }
    unlink(path(store))
  }
}
