import CProcess
import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import Threading

/// Becoming the program that our file holds now: same process, same children, same command line.
enum Restart {
  private static let patienceMilliseconds: Int32 = 10_000

  /// The file to become: as this process was called when that is an absolute path (a link may lead elsewhere now),
  /// else its own file.
  static var path: String {
    let called = CommandLine.arguments[0]
    return called.hasPrefix("/") ? called : CommandLine.executablePath
  }

  /// Asks the file for its version: a program that cannot say it must not take this one's place.
  static func version(of path: String) throws(StoreError) -> String {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else {
      throw refusal(path, "no pipe: \(String(cString: strerror(errno)))")
    }
    defer { close(ends[0]) }
    let handle: ProcessHandle
    do {
      handle = try ChildProcess.spawn(
        path, ["--version"], environment: ProcessInfo.processInfo.environment, output: ends[1])
    } catch {
      close(ends[1])
      throw refusal(path, error.description)
    }
    close(ends[1])
    guard let how = handle.waitForEnd(milliseconds: patienceMilliseconds) else {
      handle.signal(SIGKILL)
      _ = handle.waitForEnd()
      throw refusal(path, "it does not answer --version within \(patienceMilliseconds / 1000) s")
    }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = max(0, read(ends[0], &bytes, bytes.count))
    let text = String(decoding: bytes[..<count], as: UTF8.self).trimmingCharacters(
      in: .whitespacesAndNewlines)
    guard how == "ended with exit code 0" else { throw refusal(path, "asked for its version it \(how)") }
    let looksRight = text.split(separator: ".").count == 3 && text.first?.isNumber == true && text.count < 40
    guard looksRight else { throw refusal(path, "it says no version of bulkhead when asked for one") }
    return text
  }

  private static func refusal(_ path: String, _ why: String) -> StoreError {
    StoreError(
      .invalid, "not restarted: \(path) cannot take over: \(why)",
      cure: "put a working bulkhead there and restart again; this one goes on serving")
  }

  /// Returns only when it cannot be done, with the reason. All that is to live on must be closed or kept outside
  /// this process: threads end here, descriptors are closed.
  static func become(_ path: String) -> String {
    // Nothing of ours may be left open in what comes after: it could not know of it.
    _ = cprocess_close_on_exec_from(3)
    fflush(nil)
    ChildProcess.replaceSelf(path, CommandLine.arguments)
    return String(cString: strerror(errno))
  }
}
