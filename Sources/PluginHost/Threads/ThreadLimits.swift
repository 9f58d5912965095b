import CPluginRuntime
import Glibc

/// How many job threads this machine allows, and which limit says so. Read once at start and stated, so that
/// a configured limit that does not fit is refused in words and not found out at job 32,329.
package struct ThreadLimits: Sendable, Equatable {
  /// One limit of the system and what it leaves for job threads.
  package struct Source: Sendable, Equatable {
    /// As an administrator knows it: "kernel.pid_max".
    package var name: String
    package var value: Int
    /// Job threads that fit under it.
    package var threads: Int
  }

  package var sources: [Source]

  /// Most job threads: the least that any limit leaves. Never 0.
  package var cap: Int { max(sources.map(\.threads).min() ?? 1, 1) }

  /// "up to 16384 job threads (kernel.pid_max = 32768)".
  package var statement: String {
    guard let least = sources.min(by: { $0.threads < $1.threads }) else {
      return "no limit of threads is known"
    }
    return "up to \(cap) job threads (\(least.name) = \(least.value))"
  }

  /// Pure part: nil for a limit that could not be read or is not set. Half of the machine's numbers and a
  /// quarter of the mappings are left to everybody else; a slot takes one mapping where the kernel guards pages
  /// without splitting them, two more where it does not.
  package init(
    pidMax: Int?, threadsMax: Int?, maxMapCount: Int?, userProcesses: Int?, cgroupPids: Int?,
    guardsSplit: Bool
  ) {
    sources = [
      Self.source("kernel.pid_max", pidMax) { $0 / 2 },
      Self.source("kernel.threads-max", threadsMax) { $0 / 2 },
      Self.source("vm.max_map_count", maxMapCount) { ($0 - $0 / 4) / (guardsSplit ? 3 : 1) },
      Self.source("ulimit -u", userProcesses) { $0 - min($0 / 4, 256) },
      Self.source("cgroup pids.max", cgroupPids) { $0 - min($0 / 4, 64) },
    ].compactMap { $0 }
  }

  /// The limits of this machine and process.
  package static func read() -> ThreadLimits {
    let userProcesses = Int(bhrt_user_process_limit())
    var guardsSplit = true
    if let probe = try? SlotMemory() {
      guardsSplit = probe.guardKind != BHRT_GUARD_MADVISE
      probe.unmap()
    }
    return ThreadLimits(
      pidMax: number(in: "/proc/sys/kernel/pid_max"), threadsMax: number(in: "/proc/sys/kernel/threads-max"),
      maxMapCount: number(in: "/proc/sys/vm/max_map_count"),
      userProcesses: userProcesses < 0 ? nil : userProcesses,
      cgroupPids: cgroupPidsMax(), guardsSplit: guardsSplit)
  }

  private static func source(_ name: String, _ value: Int?, _ left: (Int) -> Int) -> Source? {
    value.map { Source(name: name, value: $0, threads: left($0)) }
  }

  /// `pids.max` of the process's own cgroup (version 2); nil when there is none or it says "max".
  private static func cgroupPidsMax() -> Int? {
    guard let text = text(of: "/proc/self/cgroup") else { return nil }
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else { return nil }
    return number(in: "/sys/fs/cgroup" + line.dropFirst(3) + "/pids.max")
  }

  private static func number(in path: String) -> Int? {
    guard let text = text(of: path) else { return nil }
    return text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
  }

  private static func text(of path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(file, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
