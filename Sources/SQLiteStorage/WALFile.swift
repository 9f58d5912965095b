import Glibc
import Storage

/// The file that SQLite writes ahead to. A commit into blocks that are there costs 0.1 ms, one that makes the file
/// grow costs 8: so it is given its whole length once, in real zeros. SQLite takes zeros for the end of the log.
enum WALFile {
  /// Lengthens the file while nobody writes it. SQLite holds no lock on it (its locks are on the database and
  /// the `-shm` file), so that closing this descriptor loses none. On a full disk it stays as it was: slower, and
  /// better than a store that cannot be opened.
  static func lengthen(_ path: String, to bytes: Int) throws(StoreError) {
    let file = Glibc.open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(path) }
    defer { close(file) }
    var facts = stat()
    guard fstat(file, &facts) == 0 else { throw failure(path) }
    let before = Int(facts.st_size)
    if before >= bytes { return }
    var offset = before
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    while offset < bytes {
      let written = pwrite(file, zeros, min(zeros.count, bytes - offset), off_t(offset))
      if written < 0 && errno == EINTR { continue }
      if written < 0 && (errno == ENOSPC || errno == EDQUOT) {
        guard ftruncate(file, off_t(before)) == 0 else { throw failure(path) }
        return
      }
      guard written > 0 else { throw failure(path) }
      offset += written
    }
    guard fsync(file) == 0 else { throw failure(path) }
  }

  private static func failure(_ path: String) -> StoreError {
    let reason = String(cString: strerror(errno))
    return StoreError(
      .database, "\(path) cannot be made ready: \(reason)",
      cure: "check the disk's free space and the folder's rights")
  }
}
