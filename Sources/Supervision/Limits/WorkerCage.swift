import CProcess
import Glibc

/// What one worker is held by. Made by `serve` before the worker starts, entered by the worker as its first act,
/// before any code of a plug-in is in it; emptied and removed by `serve` after its end.
package struct WorkerCage: Sendable, Equatable {
  static let namePrefix = "bulkhead-"

  /// Control groups of this worker alone.
  package var folders: [String] = []
  /// Bytes of private writable memory of each process; 0: no limit.
  package var dataBytes: Int64 = 0
  /// Processes and threads of the worker's user; 0: no limit.
  package var processes = 0
  package var account: UserAccount?
  /// What holds, a sentence each.
  package var limits: [String] = []
  /// What was asked for and cannot be held here, with the reason.
  package var gaps: [String] = []

  package init() {}

  /// The cage of a worker that an earlier `serve` started: its folders are read from the kernel.
  package init(of pid: Int32) {
    let mounts = ControlGroups.detect()
    for place in (mounts.unified.map { [$0] } ?? []) + mounts.legacy {
      for path in ControlGroups.paths(TextFile.read("/proc/\(pid)/cgroup") ?? "").values {
        guard let name = path.split(separator: "/").last, name.hasPrefix(Self.namePrefix) else { continue }
        let folder = place.folder + "/" + name
        let pids = ControlGroups.pids(TextFile.read(folder + "/cgroup.procs"))
        if pids.contains(pid), !folders.contains(folder) { folders.append(folder) }
      }
    }
    limits = folders.flatMap(Self.describe)
  }

  /// The words for the worker's command line.
  package var arguments: [String] {
    folders.flatMap { ["--control-group", $0] }
      + (dataBytes > 0 ? ["--data-bytes", String(dataBytes)] : [])
      + (processes > 0 ? ["--processes", String(processes)] : [])
      + (account.map { ["--user", $0.name] } ?? [])
  }

  /// The worker's first act. What went wrong, or nil: then all of it holds, for every thread and child from now on.
  package func enter(user: String) -> String? {
    for folder in folders {
      if let problem = TextFile.write("\(getpid())", to: folder + "/cgroup.procs") { return problem }
    }
    if dataBytes > 0, cprocess_lower_limit(Int32(RLIMIT_DATA.rawValue), UInt(dataBytes)) != 0 {
      return "cannot limit its memory: " + String(cString: strerror(errno))
    }
    if processes > 0, cprocess_lower_limit(CPROCESS_RLIMIT_NPROC, UInt(processes)) != 0 {
      return "cannot limit its processes: " + String(cString: strerror(errno))
    }
    if user.isEmpty { return nil }
    guard let account = UserAccount(user) else { return "there is no user \(user)" }
    return account.become()
  }

  /// Kills what is left in the folders and waits until it has ended: call it after the worker's end and before
  /// anything of it is given to others. How many there were.
  package func killRest() -> Int {
    var killed: Set<Int32> = []
    for folder in folders {
      // At most ten seconds: what cannot even be killed hangs in the kernel, and is told as left.
      for _ in 0..<2000 {
        let pids = ControlGroups.pids(TextFile.read(folder + "/cgroup.procs")).filter {
          ProcessFacts(pid: $0)?.hasEnded == false
        }
        if pids.isEmpty { break }
        killed.formUnion(pids)
        if TextFile.write("1", to: folder + "/cgroup.kill") != nil { for pid in pids { kill(pid, SIGKILL) } }
        poll(nil, 0, 5)
      }
    }
    return killed.count
  }

  /// Why the kernel ended something in here: its memory limit. Nil when it did not.
  package var reason: String? {
    for folder in folders {
      let texts = [
        TextFile.read(folder + "/memory.events"), TextFile.read(folder + "/memory.oom_control"),
      ]
      for line in texts.compactMap({ $0 }).flatMap({ $0.split(separator: "\n") }) {
        let words = line.split(separator: " ")
        if words.count == 2, words[0] == "oom_kill", words[1] != "0" {
          return "it reached its memory limit"
        }
      }
    }
    return nil
  }

  package func remove() {
    for folder in folders { rmdir(folder) }
  }

  /// The limits that are written in a folder.
  private static func describe(_ folder: String) -> [String] {
    func value(_ name: String) -> String? {
      TextFile.read(folder + "/" + name).map { String($0.prefix { $0 != "\n" }) }
    }
    var limits: [String] = []
    if let text = value("memory.limit_in_bytes") { limits.append("memory at most \(text) bytes (cgroup v1)") }
    if let text = value("memory.max"), text != "max" {
      limits.append("memory at most \(text) bytes (cgroup v2)")
    }
    if let quota = value("cpu.cfs_quota_us").flatMap(Double.init), quota > 0,
      let period = value("cpu.cfs_period_us").flatMap(Double.init)
    {
      limits.append("processors at most \(quota / period) (cgroup v1)")
    }
    if let words = value("cpu.max")?.split(separator: " "), words.count == 2, let quota = Double(words[0]),
      let period = Double(words[1])
    {
      limits.append("processors at most \(quota / period) (cgroup v2)")
    }
    if let text = value("pids.max"), text != "max" { limits.append("tasks at most \(text)") }
    return limits
  }
}
