import Glibc

/// What a file descriptor writes to, and how.
struct Terminal: Sendable {
  let descriptor: Int32
  /// A terminal on which a line can be drawn over.
  let isInteractive: Bool
  let usesColour: Bool

  static let output = Terminal(STDOUT_FILENO)
  static let errors = Terminal(STDERR_FILENO)

  private init(_ descriptor: Int32) {
    self.descriptor = descriptor
    isInteractive = isatty(descriptor) == 1 && Environment["TERM"] != "dumb"
    usesColour = isInteractive && (Environment["NO_COLOR"] ?? "").isEmpty
  }

  /// Columns now; nil when it is no terminal. Read at each use: windows change.
  var width: Int? {
    guard isInteractive else { return nil }
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return Environment["COLUMNS"].flatMap { Int($0) } ?? 80
  }

  func line(_ text: String = "") { write(text + "\n") }

  func lines(_ texts: [String]) {
    if !texts.isEmpty { write(texts.joined(separator: "\n") + "\n") }
  }

  /// Draws over the current line; an empty text clears it.
  func redraw(_ text: String) { write("\r" + text + "\u{1B}[K") }

  /// Writes all of it at once, past stdio: what was printed stays printed, however the process ends. When the
  /// reader has gone, so does the command, as if the signal had not been ignored.
  func write(_ text: String) {
    var rest = Array(text.utf8)
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, rest, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EPIPE { _exit(128 + SIGPIPE) }
        guard errno == EAGAIN else { return }
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, -1)
      } else {
        rest.removeFirst(count)
      }
    }
  }
}

/// The process's environment.
enum Environment {
  static subscript(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}
