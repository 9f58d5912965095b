import Glibc
import JobEngine

/// Files that the command makes for a user.
enum NewFile {
  /// Writes a file that is whole or not there: beside its place first, then moved.
  static func replace(_ path: String, with text: String) throws(EngineError) {
    let unfinished = "\(path).\(getpid()).new"
    do throws(EngineError) {
      try create(unfinished, text)
    } catch {
      unlink(unfinished)
      throw EngineError(error.code, error.message.replacing(unfinished, with: path), cure: error.cure)
    }
    guard rename(unfinished, path) == 0 else {
      let failure = failure(path)
      unlink(unfinished)
      throw failure
    }
  }

  /// Writes a file that must not be there yet.
  static func create(_ path: String, _ text: String) throws(EngineError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = write(descriptor, Array(rest), rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      rest = rest.dropFirst(count)
    }
  }

  static func failure(_ path: String) -> EngineError {
    EngineError(
      .refused, "cannot write \(path): \(String(cString: strerror(errno)))",
      cure: "name a place where you may write")
  }
}
