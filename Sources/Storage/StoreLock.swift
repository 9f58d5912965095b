import Glibc
import Synchronization

/// The right to serve a store: an exclusive lock on `<db>.lock`, held until `release` or the end of the process.
/// Close-on-exec, so that no child keeps it.
package final class StoreLock: Sendable {
  package let path: String
  private let file: Mutex<Int32?>

  /// Takes the lock, or says who has it.
  package init(_ location: StoreLocation) throws(StoreError) {
    path = location.lockPath
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else {
      let reason = String(cString: strerror(errno))
      throw StoreError(
        .database, "cannot open \(path): \(reason)",
        cure: "check that the folder of the store exists and that this user may write there")
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let holder = Self.read(file)
      close(file)
      throw StoreError(
        .alreadyServed,
        "\(location) is served already" + (holder.isEmpty ? "" : ", by process \(holder)"),
        cure: "stop that one with `bulkhead stop`, or name another store with --store")
    }
    let text = "\(getpid())\n"
    if ftruncate(file, 0) != 0 || pwrite(file, text, text.utf8.count, 0) < 0 {
      // The lock stands; only the name for others' errors is missing.
      _ = ftruncate(file, 0)
    }
    self.file = Mutex(file)
  }

  deinit { release() }

  /// Lets others serve the store: nothing of it may be used any more. Twice is fine.
  package func release() {
    file.withLock { file in
      if let file { close(file) }
      file = nil
    }
  }

  private static func read(_ file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(file, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)).filter { $0 >= 48 && $0 <= 57 }, as: UTF8.self)
  }
}
