import Glibc

/// The connections to a child: orders in, report and standard error out.
struct ChildPipes {
  struct Ends {
    var ours: Int32 = -1
    var theirs: Int32 = -1
  }

  private(set) var control = Ends()
  private(set) var report = Ends()
  private(set) var errors = Ends()

  /// Those that could not be made are -1: the child then cannot be started.
  init() {
    control = Self.pair()
    report = Self.pair()
    errors = Self.pair()
    for ends in [report, errors] where ends.ours >= 0 { _ = fcntl(ends.ours, F_SETFL, O_NONBLOCK) }
  }

  /// What the child has under 0, 1 and 2.
  var places: [(ours: Int32, number: Int32)] {
    [
      (ours: control.theirs, number: 0), (ours: report.theirs, number: 1), (ours: errors.theirs, number: 2),
    ]
  }

  mutating func closeTheirs() {
    for ends in [control, report, errors] where ends.theirs >= 0 { Glibc.close(ends.theirs) }
    control.theirs = -1
    report.theirs = -1
    errors.theirs = -1
  }

  mutating func close() {
    closeTheirs()
    for ends in [control, report, errors] where ends.ours >= 0 { Glibc.close(ends.ours) }
  }

  /// A socket pair: writing to one whose reader has gone can be done without a signal.
  private static func pair() -> Ends {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return Ends() }
    return Ends(ours: ends[0], theirs: ends[1])
  }
}

/// Reads what is there to read from a descriptor that does not block.
struct LineReader {
  /// -1 once the other side has closed it: it would always be ready.
  private(set) var descriptor: Int32
  private var partial: [UInt8] = []
  /// A line longer than any event: what a plug-in writes to a descriptor that it guessed.
  private static let lineLimit = 4 << 20

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  mutating func take() -> [UInt8] {
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while descriptor >= 0 {
      let count = read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      if count == 0 { descriptor = -1 }
      guard count > 0 else { break }
      all += piece[..<count]
    }
    return all
  }

  /// The whole lines that have come.
  mutating func lines() -> [String] {
    partial += take()
    guard let end = partial.lastIndex(of: UInt8(ascii: "\n")) else {
      if partial.count > Self.lineLimit { partial = [] }
      return []
    }
    let lines = partial[..<end].split(separator: UInt8(ascii: "\n"))
    partial.removeSubrange(...end)
    return lines.map { String(decoding: $0, as: UTF8.self) }
  }
}
