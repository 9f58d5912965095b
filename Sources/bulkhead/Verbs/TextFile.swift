import Glibc
import JobEngine

/// A file that a user named, as text.
enum TextFile {
  /// What parameters may have, in bytes.
  static let sizeLimit = 16 << 20

  /// Reads all of it; `-` is the standard input. It has to be UTF-8. `what` it holds is said when it fails.
  static func read(_ path: String, what: String = "the parameters") throws(EngineError) -> String {
    let file = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(path, what, String(cString: strerror(errno))) }
    defer { if file != STDIN_FILENO { close(file) } }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(file, &block, block.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw failure(path, what, String(cString: strerror(errno))) }
      if count == 0 { break }
      bytes += block[..<count]
      if bytes.count > sizeLimit { throw failure(path, what, "it is longer than \(sizeLimit >> 20) MiB") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure(path, what, "it is not UTF-8 text")
    }
    return text
  }

  /// Writes a file as a whole or not at all. `replaces` false: a file that is there stays as it is, and that is an error.
  static func write(_ text: String, to path: String, mode: UInt32, replaces: Bool) throws(EngineError) {
    // A signal waits until the file is there, or nothing of it is.
    let held = Interrupts.hold()
    defer { Interrupts.release(held) }
    let temporary = "\(path).\(getpid()).tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard file >= 0 else { throw unwritten(path, errno) }
    var code = put(Array(text.utf8), into: file)
    close(file)
    if code == 0, (replaces ? rename(temporary, path) : put(temporary, at: path)) != 0 { code = errno }
    if code == 0 { return }
    unlink(temporary)
    throw unwritten(path, code)
  }

  /// Gives the file its name unless something has it. As `rename`.
  private static func put(_ temporary: String, at path: String) -> Int32 {
    if link(temporary, path) == 0 { return unlink(temporary) }
    // File systems without links: a name that is taken in this moment is lost, as with any other program.
    guard errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS else { return -1 }
    if access(path, F_OK) == 0 {
      errno = EEXIST
      return -1
    }
    return rename(temporary, path)
  }

  /// 0, or the error's number.
  private static func put(_ bytes: [UInt8], into file: Int32) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(file, Array(rest), rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return errno }
      rest = rest.dropFirst(count)
    }
    return fsync(file) == 0 || errno == EINVAL ? 0 : errno
  }

  private static func unwritten(_ path: String, _ code: Int32) -> EngineError {
    EngineError(
      .refused, "cannot write \(path): \(String(cString: strerror(code)))",
      cure: code == EEXIST ? "choose another name, or move it away" : "check the folder's rights and space")
  }

  private static func failure(_ path: String, _ what: String, _ reason: String) -> EngineError {
    let name = path == "-" ? "the standard input" : path
    return EngineError(.invalidParameters, "cannot read \(what) from \(name): \(reason)")
  }
}
