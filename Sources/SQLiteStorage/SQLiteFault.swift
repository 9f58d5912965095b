import CSQLite
import Glibc
import Storage

/// SQLite's result codes as errors that say what is wrong with which file, and what to do.
enum SQLiteFault {
  /// SQLITE_IOERR_FSYNC and its like: the disk did not say that it holds what was written.
  static let syncFailed: Int32 = SQLITE_IOERR | (4 << 8)

  static func error(_ handle: OpaquePointer?, _ code: Int32, _ path: String, sql: String = "") -> StoreError {
    let said = handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
    let detail = said ?? String(cString: sqlite3_errstr(code))
    guard let (message, cure) = text(isFull(handle, code) ? SQLITE_FULL : code & 0xff, path) else {
      return StoreError(
        .database, "SQLite refused (\(detail), code \(code))" + (sql.isEmpty ? "" : ": " + sql))
    }
    let isDamage = [SQLITE_CORRUPT, SQLITE_NOTADB].contains(code & 0xff)
    return StoreError(
      isDamage ? .damaged : .database, "\(message) (SQLite: \(detail))", cure: cure)
  }

  /// SQLite calls some full disks an error of the disk: where the index of its log cannot grow, and where the system
  /// says so of another call.
  private static func isFull(_ handle: OpaquePointer?, _ code: Int32) -> Bool {
    guard code & 0xff == SQLITE_IOERR, code != syncFailed else { return false }
    let growth: Int32 = SQLITE_IOERR | (19 << 8)
    return code == growth || handle.map { [ENOSPC, EDQUOT].contains(sqlite3_system_errno($0)) } ?? false
  }

  private static func text(_ code: Int32, _ path: String) -> (message: String, cure: String)? {
    switch code {
    case SQLITE_FULL:
      (
        "the disk that holds \(path) is full; nothing of the request was stored",
        "free some space and ask again"
      )
    case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
      ("\(path) cannot be written", "give this user the right to write the file and its folder")
    case SQLITE_CANTOPEN:
      ("\(path) cannot be opened", "check that its folder exists and that this user may write there")
    case SQLITE_NOTADB:
      ("\(path) is not a database", "name another file with --store, or restore this one from a copy")
    case SQLITE_CORRUPT:
      (
        "\(path) is damaged",
        "stop the engine, then " + DamageMark.cure(path)
      )
    case SQLITE_BUSY, SQLITE_LOCKED:
      ("\(path) is held by another program", "close it there: only `bulkhead serve` may open the file")
    case SQLITE_IOERR:
      (
        "\(path) cannot be read or written: the disk reports an error",
        "look at the machine's disk and its log; what was asked can be asked again"
      )
    case SQLITE_TOOBIG: ("a value is too long for \(path)", "send less at once")
    default: nil
    }
  }
}
