import CProcess
import Foundation
import Glibc
import PluginHost
import Synchronization
import Threading

/// Tries a plug-in in child processes: whatever it does to its process, it does there.
package final class TryProcess: Sendable {
  /// Numbers of the opened files in the child.
  static let fileNumber: Int32 = 3
  static let secondFileNumber: Int32 = 4
  /// Longest time for loading, before the first run.
  private static let loadMilliseconds: Int64 = 20_000

  private let command: [String]
  private let environment: [String]
  private let onEvent: @Sendable (TryEvent) -> Void
  /// Our end of the living child's standard input; -1: none lives.
  private let control = Mutex<Int32>(-1)
  private let isOver = Mutex(false)

  /// `command` starts a process that calls `TryChild.run`. `onEvent` is told what the child says, on the thread that
  /// calls `run`.
  package init(
    command: [String], environment: [String: String] = ProcessInfo.processInfo.environment,
    onEvent: @escaping @Sendable (TryEvent) -> Void = { _ in }
  ) {
    self.command = command
    self.environment = environment.map { "\($0.key)=\($0.value)" }
    self.onEvent = onEvent
  }

  /// Does all runs of the plan and gives a report for each, in order. Blocks; for OS threads.
  package static func run(_ plan: TryPlan, command: [String]) -> [TryReport] {
    TryProcess(command: command).run(plan)
  }

  package func run(_ plan: TryPlan) -> [TryReport] {
    var reports: [TryReport] = []
    while reports.count < plan.runs.count {
      var rest = plan
      rest.runs = Array(plan.runs.dropFirst(reports.count))
      let talk = TryTalk(rest, onEvent: onEvent)
      let problem = converse(rest, talk)
      reports += talk.reports
      // Nothing came of a whole process: the next one would fare no better.
      if talk.reports.isEmpty || problem != nil {
        let why = TryReport.Ending.notRun(problem ?? "the process said nothing")
        reports += Array(repeating: TryReport(ending: why), count: plan.runs.count - reports.count)
      }
    }
    return Places(plan).resolve(reports)
  }

  /// Asks the run that is going on to end. From any thread.
  package func cancel() {
    control.withLock { descriptor in
      if descriptor >= 0 { Self.send("cancel\n", to: descriptor) }
    }
  }

  /// One child for as many runs as it lives. Gives why none can be done; nil when it did some.
  private func converse(_ plan: TryPlan, _ talk: TryTalk) -> String? {
    var pipes = ChildPipes()
    defer { pipes.close() }
    var places = pipes.places
    let files = [(plan.file, Self.fileNumber)] + (plan.secondFile.map { [($0, Self.secondFileNumber)] } ?? [])
    var opened: [Int32] = []
    defer { for descriptor in opened { close(descriptor) } }
    for (path, number) in files {
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { return "cannot open \(path): \(String(cString: strerror(errno)))" }
      opened.append(descriptor)
      places.append((ours: descriptor, number: number))
    }
    let pid: Int32
    do {
      pid = try ProcessStart(command, environment: environment, descriptors: places).start()
    } catch {
      return error.description
    }
    pipes.closeTheirs()
    let pidfd = cprocess_pidfd_open(pid)
    defer { if pidfd >= 0 { close(pidfd) } }
    let isInTime = talkTo(plan, talk, pipes, pidfd: pidfd)
    // Not reaped yet, so the number is still the child's, and so is the group: it leads its session.
    kill(-pid, SIGKILL)
    kill(pid, SIGKILL)
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return talk.end(status: status, isInTime: isInTime)
  }

  /// Sends the plan and listens until the child has ended; false when it took too long.
  private func talkTo(_ plan: TryPlan, _ talk: TryTalk, _ pipes: ChildPipes, pidfd: Int32) -> Bool {
    guard pidfd >= 0, let text = try? JSONEncoder().encode(plan) else { return false }
    control.withLock { $0 = pipes.control.ours }
    defer { control.withLock { $0 = -1 } }
    Self.send(String(decoding: text, as: UTF8.self) + "\n", to: pipes.control.ours)
    var report = LineReader(pipes.report.ours)
    var errors = LineReader(pipes.errors.ours)
    talk.expect(milliseconds: Self.loadMilliseconds)
    while true {
      var entries = [report.descriptor, errors.descriptor, pidfd].map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      let left = (talk.deadline - MonotonicClock.nanoseconds + 999_999) / 1_000_000
      guard left > 0 else { return false }
      if poll(&entries, nfds_t(entries.count), Int32(clamping: left)) < 0, errno != EINTR { return false }
      let lines = report.lines() + (entries[2].revents != 0 ? report.lines() : [])
      // After the lines: what the child wrote to its standard error before it wrote them is here by now.
      talk.hear(errors: errors.take())
      for line in lines { talk.hear(line, runLimit: plan.runLimitMilliseconds) }
      if entries[2].revents != 0 { return true }
    }
  }

  /// As much as the child takes; one that has ended takes nothing.
  private static func send(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = Glibc.send(descriptor, Array(bytes), bytes.count, Int32(MSG_NOSIGNAL))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
