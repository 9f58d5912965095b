import CProcess
import Glibc
import Threading

/// A process that this one watches, child or not: its end is seen, never guessed.
package final class ProcessHandle: Sendable {
  package let facts: ProcessFacts
  private let pidfd: Int32
  private let isChild: Bool

  /// What a look at a process came to. That one could not look is no proof of its end.
  package enum Look: Sendable {
    case living(ProcessHandle)
    case ended
    case unknown(String)
  }

  /// Looks at a process that this program did not start itself.
  package static func look(pid: Int32, startTicks: Int64) -> Look {
    // After a restart in place the workers are children still: their end has to be asked for, or they stay zombies.
    let isChild = ProcessFacts(pid: pid).map { $0.parent == getpid() && !$0.hasEnded } ?? false
    if let handle = ProcessHandle(pid: pid, startTicks: startTicks, isChild: isChild) {
      return .living(handle)
    }
    if kill(pid, 0) != 0 && errno == ESRCH { return .ended }
    // The number is taken: by another process, by one that has ended and was not asked for, or we cannot see it.
    guard let facts = ProcessFacts(pid: pid) else { return .unknown("/proc/\(pid)/stat cannot be read") }
    if facts.startTicks != startTicks || facts.hasEnded { return .ended }
    return .unknown("no descriptor for process \(pid) could be opened")
  }

  /// Takes hold of a living process; nil when it has ended or the number belongs to another one now.
  package init?(pid: Int32, startTicks: Int64, isChild: Bool) {
    let pidfd = cprocess_pidfd_open(pid)
    guard pidfd >= 0 else { return nil }
    // Read after the descriptor was taken: it cannot change hands any more.
    guard let facts = ProcessFacts(pid: pid), facts.startTicks == startTicks, isChild || !facts.hasEnded
    else {
      close(pidfd)
      return nil
    }
    self.facts = facts
    self.pidfd = pidfd
    self.isChild = isChild
  }

  deinit { close(pidfd) }

  /// Waits until the process has ended (nil: no limit); how it ended, or nil when the time passed first.
  package func waitForEnd(milliseconds: Int32? = nil) -> String? {
    var entry = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
    while true {
      let ready = poll(&entry, 1, milliseconds ?? -1)
      if ready > 0 { return describeEnd() }
      if ready == 0 { return nil }
      // That it could not be watched (no memory) is no proof of its end: whoever waits for that goes on waiting.
      if errno != EINTR {
        if milliseconds != nil { return nil }
        usleep(100_000)
      }
    }
  }

  package var hasEnded: Bool { waitForEnd(milliseconds: 0) != nil }

  package func signal(_ number: Int32) {
    _ = cprocess_pidfd_send_signal(pidfd, number)
  }

  /// Kills what the process left behind in its session. Call it after its end and before anything of it is given
  /// to others: a child of a plug-in may still hold the outside world. How many were killed.
  package func killSession() -> Int {
    facts.session == facts.pid ? Self.killSession(facts.pid) : 0
  }

  /// The same of a process that had ended before anybody could take hold of it. Returns when nothing of it lives any
  /// more, after five seconds at the latest: what hangs in the kernel then does nothing.
  package static func killSession(_ session: Int32) -> Int {
    // While a session has members its number is not given to a new process: so a living process with that number
    // proves that nothing is left.
    if let other = ProcessFacts(pid: session), !other.hasEnded { return 0 }
    var killed: Set<Int32> = []
    for round in 0..<1000 {
      let rest = ProcessFacts.ofSession(session).filter { !$0.hasEnded && $0.pid != getpid() }
      if rest.isEmpty, round > 0 { break }
      // The whole group at once: one that forks and ends all the time is never where it was seen.
      kill(-session, SIGKILL)
      for other in rest { kill(other.pid, SIGKILL) }
      killed.formUnion(rest.map(\.pid))
      if !rest.isEmpty { poll(nil, 0, 5) }
    }
    return killed.count
  }

  private func describeEnd() -> String {
    guard isChild else { return "ended" }
    var status: Int32 = 0
    guard waitpid(facts.pid, &status, WNOHANG) == facts.pid else { return "ended" }
    let signal = status & 0x7F
    return signal == 0 ? "ended with exit code \((status >> 8) & 0xFF)" : "killed by signal \(signal)"
  }
}
