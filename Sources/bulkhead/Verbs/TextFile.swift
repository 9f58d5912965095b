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

  private static func failure(_ path: String, _ what: String, _ reason: String) -> EngineError {
    let name = path == "-" ? "the standard input" : path
    return EngineError(.invalidParameters, "cannot read \(what) from \(name): \(reason)")
  }
}
