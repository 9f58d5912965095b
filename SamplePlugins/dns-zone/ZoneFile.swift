import BulkheadPlugin
import Glibc

/// The file that the name server reads.
struct ZoneFile {
  let path: String

  /// What is there now; nil when nothing is.
  func read() throws -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 && errno == ENOENT { return nil }
    guard descriptor >= 0 else { throw failure("read", path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      guard count > 0 else { throw failure("read", path) }
      bytes += buffer[..<count]
    }
  }

  /// Replaces the file in one step: a name server that reads meanwhile sees the old one or the new one, and a power
  /// loss leaves one of them. The half-written one beside it goes in any case.
  func replace(with text: String, _ context: Context) throws {
    let unfinished = path + ".bulkhead-\(context.jobID)-\(context.fence)"
    let undo = try context.onFailure("delete \(unfinished)") { [self] _ in
      if unlink(unfinished) != 0 && errno != ENOENT { throw failure("delete", unfinished) }
    }
    try write(text, to: unfinished)
    try context.checkpoint()
    guard rename(unfinished, path) == 0 else { throw failure("replace", path) }
    try undo.drop()
  }

  private func write(_ text: String, to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure("write", path) }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw failure("write", path) }
      rest = rest.dropFirst(count)
    }
    guard fsync(descriptor) == 0 else { throw failure("write", path) }
  }

  private func failure(_ verb: String, _ path: String) -> Failure {
    let error = errno
    let code: Code = error == EACCES || error == EPERM ? .denied : error == ENOENT ? .notFound : .io
    return Failure(code, "cannot \(verb) \(path): \(String(cString: strerror(error)))")
  }
}
