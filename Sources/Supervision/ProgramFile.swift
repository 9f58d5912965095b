import CProcess
import Glibc

/// A program that may take this one's place: tried first, then become.
package enum ProgramFile {
  private static let patienceMilliseconds: Int32 = 10_000

  /// What the program prints when it is asked `--version`, without the line's end. Throws why it does not: it cannot
  /// be started, fails, or takes longer than ten seconds.
  package static func version(of path: String, environment: [String: String]) throws(ChildProcess.Failure)
    -> String
  {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else {
      throw ChildProcess.Failure(description: "no pipe: \(String(cString: strerror(errno)))")
    }
    // What it left running may hold the other end for ever.
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    defer { close(ends[0]) }
    let handle: ProcessHandle
    do {
      defer { close(ends[1]) }
      handle = try ChildProcess.spawn(path, ["--version"], environment: environment, output: ends[1])
    }
    guard let how = handle.waitForEnd(milliseconds: patienceMilliseconds) else {
      handle.signal(SIGKILL)
      _ = handle.waitForEnd()
      _ = handle.killSession()
      throw ChildProcess.Failure(
        description: "it does not answer --version within \(patienceMilliseconds / 1000) s")
    }
    guard how == "ended with exit code 0" else {
      throw ChildProcess.Failure(description: "asked for its version it \(how)")
    }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = max(0, read(ends[0], &bytes, bytes.count))
    return String(decoding: bytes[..<count].prefix { $0 != 10 }, as: UTF8.self)
  }

  /// Becomes the program: same process, same children; threads end, and every descriptor above the standard three but
  /// `kept` is closed. Returns only when it cannot be done, with the reason.
  package static func become(_ path: String, _ words: [String], kept: Int32?) -> String {
    // Nothing may be left open in what comes after: it could not know of it.
    _ = cprocess_close_on_exec_from(3)
    if let kept { _ = fcntl(kept, F_SETFD, 0) }
    fflush(nil)
    ChildProcess.replaceSelf(path, words)
    return String(cString: strerror(errno))
  }
}
