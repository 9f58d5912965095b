import CPluginRuntime
import DataModel
import Foundation
import Glibc
import JobEngine
import PluginHost
package import Storage
import Synchronization
import Threading

/// The child's side of a `TryProcess`: loads the file, runs the action as often as the plan says, each run a job of a
/// store of its own, and tells what came of each.
package final class TryChild: Sendable {
  /// Beside what the process has at its start: enough for any runtime, too little to take the machine along.
  private static let memoryLimit: UInt = 16 << 30
  /// From here on descriptors are ours and nobody's else.
  private static let firstOwn: Int32 = 100

  private let report: Int32
  private let control: Int32
  private let output = Mutex(())
  private let current = Mutex<PluginRun?>(nil)

  /// Takes the descriptors over: standard output is the report's pipe, standard input brings the plan and orders.
  private init() {
    report = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, Self.firstOwn)
    control = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, Self.firstOwn)
    dup2(STDERR_FILENO, STDOUT_FILENO)
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    dup2(nothing, STDIN_FILENO)
    close(nothing)
  }

  /// Does what the plan on the standard input says. The caller ends the process at once with what this returns,
  /// without running destructors.
  package static func run(makeStore: () throws(StoreError) -> any Store) -> Int32 {
    let child = TryChild()
    guard let plan = child.readPlan() else { return 64 }
    TrialLoad.limitMemory(bytes: memoryLimit)
    bhrt_trace_crashes(child.report)
    OSThread("bh-orders") { child.obey() }
    do {
      let action = try child.load(plan)
      let runner = try LoneRunner(store: makeStore())
      child.say(.loaded)
      for run in plan.runs { child.say(.ended(child.perform(run, action, runner))) }
    } catch let error as Objection {
      child.say(.refused(rule: error.rule, cure: error.cure))
    } catch {
      child.say(.refused(rule: "it could not be tried: \(error)", cure: "see whether /tmp has room"))
    }
    return 0
  }

  private func load(_ plan: TryPlan) throws -> LoadedAction {
    let generation = try OpenedPlugin.load(descriptor: TryProcess.fileNumber, path: plan.file)
    if let second = plan.secondFile {
      _ = try OpenedPlugin.load(descriptor: TryProcess.secondFileNumber, path: second)
    }
    guard let action = generation.actions[plan.action] else {
      let names = generation.actions.keys.sorted().joined(separator: ", ")
      throw Objection("it has no action \"\(plan.action)\"", cure: "it has: \(names)")
    }
    return action
  }

  private func perform(_ wanted: TryRun, _ action: LoadedAction, _ runner: LoneRunner) -> TryReport {
    let before = ProcessLook()
    say(.began)
    var watch = LoneWatch()
    watch.began = { [self] run in current.withLock { $0 = run } }
    watch.log = { [self] level, text in say(.log(level: level, text: text)) }
    let progress = ProgressSieve()
    watch.progress = { [self] done, total, text in
      if progress.takes(done: done, total: total) {
        say(.progress(done: done, total: total, text: text))
      }
    }
    let options = RunOptions(
      cancelAtCheckpoint: wanted.cancelAtCheckpoint, countsCancelPoints: true,
      failHostAllocation: wanted.failHostAllocation, failAllocation: wanted.failAllocation,
      measuresCheckpoints: wanted.measuresCheckpoints)
    let job = LoneJob(
      params: wanted.parameters, deadlineMilliseconds: wanted.deadlineMilliseconds,
      cancelAfterMilliseconds: wanted.cancelAfterMilliseconds, options: options)
    do {
      let (row, run, end) = try runner.run(action, job, watch: watch)
      current.withLock { $0 = nil }
      var report = TryReport(row, run, end)
      (report.progressReports, report.progressFault) = progress.seen
      (report.threadsLeft, report.descriptorsLeft) = before.left()
      fflush(nil)
      tell(TryTalk.errorMark, to: STDERR_FILENO)
      return report
    } catch {
      return TryReport(ending: .notRun("\(error)"))
    }
  }

  // MARK: the parent

  private func say(_ event: TryEvent) {
    output.withLock { _ in tell(Array(event.line.utf8), to: report) }
  }

  private func tell(_ text: [UInt8], to descriptor: Int32) {
    var bytes = text[...]
    while !bytes.isEmpty {
      let count = write(descriptor, Array(bytes), bytes.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  private func readPlan() -> TryPlan? {
    guard let line = readLine() else { return nil }
    return try? JSONDecoder().decode(TryPlan.self, from: Data(line))
  }

  /// A line from the parent: an order. When there is none any more, the parent has gone, and so do we.
  private func obey() {
    while readLine() != nil { current.withLock { $0 }?.raise(StopBits.cancel) }
    kill(0, SIGKILL)
  }

  private func readLine() -> [UInt8]? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      let count = read(control, &byte, 1)
      if count < 0, errno == EINTR { continue }
      guard count == 1 else { return nil }
      if byte == UInt8(ascii: "\n") { return line }
      line.append(byte)
    }
  }
}

extension TryReport {
  /// Of a run that came to its end.
  init(_ row: JobRow, _ run: PluginRun, _ end: RunEnd) {
    self.init(ending: .returned(end.code))
    message = end.message
    if case .ended(let stored) = row.status {
      message = stored.message
      outcome = stored.outcome.name
    }
    result = end.result
    leftBehind = end.leftBehind
    wallNanoseconds = end.usage.wallNanoseconds
    cpuNanoseconds = end.usage.cpuNanoseconds
    hostCalls = end.usage.hostCalls
    memory = end.usage.memory.map { Memory($0) }
    cancelPoints = run.cancelPoints
    let measures = run.measures
    worstGapNanoseconds = measures.worstGapNanoseconds
    holdsLeft = measures.holdsLeft
    worstGapAt = measures.worstGapPlace
    stopLatencyNanoseconds = measures.stopLatencyNanoseconds
    hostAllocations = measures.hostAllocations
  }
}

extension TryReport.Memory {
  init(_ usage: MemoryUsage) {
    self.init()
    allocations = usage.allocations
    allocatedBytes = usage.allocatedBytes
    peakBytes = usage.peakBytes
    liveBytes = usage.liveBytes
    liveBlocks = usage.liveBlocks
  }
}

/// The threads and open descriptors of this process at one time.
struct ProcessLook {
  private let threads: Set<String>
  private let descriptors: [String: String]

  init() {
    let manager = FileManager.default
    threads = Set((try? manager.contentsOfDirectory(atPath: "/proc/self/task")) ?? [])
    var found: [String: String] = [:]
    for name in (try? manager.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
      // The one that the list was read with is gone by now.
      found[name] = try? manager.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)
    }
    descriptors = found
  }

  /// What is there now and was not then. A thread that is just ending is given a moment.
  func left() -> (threads: Int, descriptors: [String]) {
    var now = ProcessLook()
    for _ in 0..<10 where !now.threads.isSubset(of: threads) {
      Bell().wait(milliseconds: 20)
      now = ProcessLook()
    }
    let open = now.descriptors.filter { descriptors[$0.key] != $0.value }
    return (
      now.threads.subtracting(threads).count,
      open.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map { "\($0.key) -> \($0.value)" }
    )
  }
}
