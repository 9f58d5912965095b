import CProcess
import Foundation
import Glibc
import Supervision
import TestSupport
import Threading

/// A run of the built command that has not ended: its output as it comes, signals to it, its end. Blocks: use it
/// from a thread of its own.
final class StartedCommand: Sendable {
  /// Where the command prints to.
  enum Output { case pipe, terminal }

  private struct State {
    var text = ""
    var isOver = false
  }

  private let handle: ProcessHandle
  private let state = Threading.Condition(State())

  init(_ arguments: [String], output: Output = .pipe, environment more: [String: String] = [:]) throws {
    let (ours, theirs) = try output == .pipe ? Self.pipe() : Self.terminal()
    var environment = ProcessInfo.processInfo.environment
    environment["TERM"] = "xterm"
    environment["NO_COLOR"] = "1"
    environment.merge(more) { $1 }
    handle = try ChildProcess.spawn(
      RunningEngine.executable, arguments, environment: environment, output: theirs)
    close(theirs)
    OSThread("command") { [state] in
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(ours, &bytes, bytes.count)
        // A terminal whose other side is closed gives an error instead of an end.
        if count <= 0 { break }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        state.update { $0.text += text }
      }
      close(ours)
      state.update { $0.isOver = true }
    }
  }

  /// All that it printed so far.
  var text: String { state.withLock { $0.text } }

  /// Waits until it has printed that; false when it ended or the time passed first.
  func waitForText(_ text: String, milliseconds: Int64 = 20_000) -> Bool {
    state.wait(milliseconds: milliseconds) { state -> Bool? in
      if state.text.contains(text) { return true }
      return state.isOver ? false : nil
    } ?? false
  }

  func interrupt() { signal(SIGINT) }

  func signal(_ number: Int32) { handle.signal(number) }

  /// It has stopped itself, at a point where `BULKHEAD_FAULT` says so.
  var isStopped: Bool {
    let text = (try? String(contentsOfFile: "/proc/\(handle.facts.pid)/stat", encoding: .utf8)) ?? ""
    return text.split(separator: ")").last?.hasPrefix(" T") == true
  }

  /// Waits for its end: its exit code, or nil when it did not end by itself. All of its output is there then.
  func end(milliseconds: Int32 = 30_000) -> Int32? {
    guard let how = handle.waitForEnd(milliseconds: milliseconds) else {
      handle.signal(SIGKILL)
      return nil
    }
    _ = state.wait(milliseconds: 10_000) { $0.isOver ? true : nil }
    return how.split(separator: " ").last.flatMap { Int32($0) }
  }

  private static func pipe() throws -> (ours: Int32, theirs: Int32) {
    var ends: [Int32] = [0, 0]
    guard CProcess.pipe2(&ends, O_CLOEXEC) == 0 else { throw RunningEngine.Failure("cannot make a pipe") }
    return (ends[0], ends[1])
  }

  /// A terminal of 80 columns: the requests are those of `unlockpt` and `ptsname`.
  private static func terminal() throws -> (ours: Int32, theirs: Int32) {
    let (unlock, askNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
    let ours = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (locked, number): (Int32, UInt32) = (0, 0)
    guard ours >= 0, ioctl(ours, unlock, &locked) == 0, ioctl(ours, askNumber, &number) == 0 else {
      throw RunningEngine.Failure("cannot make a terminal")
    }
    let theirs = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
    guard theirs >= 0, ioctl(ours, UInt(TIOCSWINSZ), &size) == 0 else {
      throw RunningEngine.Failure("cannot open the terminal")
    }
    return (ours, theirs)
  }
}
