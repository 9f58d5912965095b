import Glibc

/// Which process this is and whether it still lives. A pid alone proves nothing: numbers are used again, so the
/// start time and the boot belong to it.
package struct ProcessFacts: Sendable, Equatable {
  package let pid: Int32
  /// Field 22 of /proc/PID/stat, in clock ticks since boot.
  package let startTicks: Int64
  /// Field 6 of /proc/PID/stat.
  package let session: Int32
  /// Field 4 of /proc/PID/stat.
  package let parent: Int32
  /// Stopped by a signal or a debugger: not one of its threads runs.
  package let isStopped: Bool
  /// A zombie has ended; only its parent has not asked yet.
  package let hasEnded: Bool

  /// Reads /proc; nil when there is no such process.
  package init?(pid: Int32) {
    guard let text = Self.read("/proc/\(pid)/stat") else { return nil }
    self.init(pid: pid, stat: text)
  }

  /// Parses a line of /proc/PID/stat. The command name may hold spaces and brackets: fields count from its end.
  package init?(pid: Int32, stat: String) {
    guard let end = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let parent = Int32(fields[1]),
      let session = Int32(fields[3]), let start = Int64(fields[19])
    else { return nil }
    self.pid = pid
    startTicks = start
    self.parent = parent
    isStopped = fields[0] == "T" || fields[0] == "t"
    self.session = session
    hasEnded = fields[0] == "Z" || fields[0] == "X"
  }

  /// The boot that this process runs in.
  package static func bootID() -> String {
    (read("/proc/sys/kernel/random/boot_id") ?? "").filter { !$0.isWhitespace }
  }

  /// Processes of a session, this one included.
  package static func ofSession(_ session: Int32) -> [ProcessFacts] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var found: [ProcessFacts] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let pid = Int32(name), let facts = ProcessFacts(pid: pid), facts.session == session else {
        continue
      }
      found.append(facts)
    }
    return found
  }

  private static func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
