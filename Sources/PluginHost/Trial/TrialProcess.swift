import CProcess
import Glibc
import Threading

/// A child process that is given one open file and a time limit, and whose last words are read.
struct TrialProcess {
  enum Ending: Equatable {
    case exited(Int32)
    case signalled(Int32)
    case outOfTime
  }

  struct Result {
    let ending: Ending
    let output: String
    let errors: String
  }

  struct Failure: Error {
    let message: String
  }

  /// The number of the file's descriptor in the child.
  static let childDescriptor: Int32 = 3
  private static let outputLimit = 1 << 16

  /// Runs the command with only `descriptor` open beside the standard three, in a session of its own, with a
  /// clean environment. Whatever it started is killed after it. Blocks until its end.
  static func run(_ command: [String], giving descriptor: Int32, milliseconds: Int64) throws(Failure)
    -> Result
  {
    var output = try pipe()
    defer { output.close() }
    var errors = try pipe()
    defer { errors.close() }
    let pid: Int32
    do {
      pid = try ProcessStart(
        command, environment: environment(),
        descriptors: [
          (ours: output.write, number: 1), (ours: errors.write, number: 2),
          (ours: descriptor, number: childDescriptor),
        ]
      ).start()
    } catch {
      throw Failure(message: error.description)
    }
    output.closeWrite()
    errors.closeWrite()
    let pidfd = cprocess_pidfd_open(pid)
    defer { if pidfd >= 0 { Glibc.close(pidfd) } }
    let isOver = pidfd >= 0 && collect(&output, &errors, pidfd: pidfd, milliseconds: milliseconds)
    // Not reaped yet, so the number is still the child's, and so is the group: it leads its session.
    kill(-pid, SIGKILL)
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    let ending: Ending =
      !isOver ? .outOfTime : signal != 0 ? .signalled(signal) : .exited((status >> 8) & 0xFF)
    return Result(ending: ending, output: output.text, errors: errors.text)
  }

  /// Reads both pipes until the process has ended; false when the time passed first.
  private static func collect(
    _ output: inout Pipe, _ errors: inout Pipe, pidfd: Int32, milliseconds: Int64
  ) -> Bool {
    let end = Self.now() + milliseconds
    while true {
      var entries = [output.read, errors.read, pidfd].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      // A pipe at its end is always ready: it is left out.
      if output.isOver { entries[0].fd = -1 }
      if errors.isOver { entries[1].fd = -1 }
      let left = end - now()
      guard left > 0 else { return false }
      let ready = poll(&entries, nfds_t(entries.count), Int32(clamping: left))
      if ready < 0, errno != EINTR { return false }
      guard ready > 0 else { continue }
      output.drain(limit: outputLimit)
      errors.drain(limit: outputLimit)
      if entries[2].revents != 0 {
        output.drain(limit: outputLimit)
        errors.drain(limit: outputLimit)
        return true
      }
    }
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Nothing of ours but where libraries are found, which is part of what is tried.
  private static func environment() -> [String] {
    let libraries = getenv("LD_LIBRARY_PATH").map { "LD_LIBRARY_PATH=" + String(cString: $0) }
    return ["PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/", "TMPDIR=/tmp"] + (libraries.map { [$0] } ?? [])
  }

  private static func pipe() throws(Failure) -> Pipe {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw failure("make a pipe") }
    let pipe = Pipe(read: ends[0], write: ends[1])
    guard fcntl(pipe.read, F_SETFL, O_NONBLOCK) == 0 else {
      let error = failure("make a pipe")
      pipe.close()
      throw error
    }
    return pipe
  }

  private static func failure(_ what: String) -> Failure {
    Failure(message: "cannot \(what) (\(String(cString: strerror(errno))))")
  }
}

/// A pipe and what came out of it.
private struct Pipe {
  let read: Int32
  private(set) var write: Int32
  private(set) var isOver = false
  private var bytes: [UInt8] = []

  init(read: Int32, write: Int32) {
    self.read = read
    self.write = write
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func drain(limit: Int) {
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(read, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      if count == 0 { isOver = true }
      guard count > 0 else { return }
      // The rest is read and forgotten: a child that writes without end must not fill our memory.
      bytes += piece[..<min(count, max(0, limit - bytes.count))]
    }
  }

  mutating func closeWrite() {
    if write >= 0 { Glibc.close(write) }
    write = -1
  }

  func close() {
    if read >= 0 { Glibc.close(read) }
    if write >= 0 { Glibc.close(write) }
  }
}
