import DataModel
import Foundation
import Glibc
import JobEngine
package import PluginHost
package import Storage
import Synchronization
import Threading

/// Runs one action of one plug-in file in this process, each run a job of a store of its own.
package final class TryRunner: Sendable {
  private let action: LoadedAction
  /// What the reconcile entry is asked about; nil: the action itself is run.
  private let lost: RunReconcile?
  private let jobs: LoneRunner
  private let say: @Sendable (TryEvent) -> Void
  private let current = Mutex<PluginRun?>(nil)
  private let scratch: String?

  /// Loads the opened files and gets ready. Says what happens to `say`. `byPath`: under their own names, for a
  /// debugger that shows them.
  package init(
    _ plan: TryPlan, file: Int32, secondFile: Int32? = nil, byPath: Bool = false,
    makeStore: () throws(StoreError) -> any Store,
    say: @escaping @Sendable (TryEvent) -> Void
  ) throws(Objection) {
    self.say = say
    scratch = plan.scratch
    let generation = try OpenedPlugin.load(descriptor: file, path: plan.file, byPath: byPath)
    if let secondFile, let path = plan.secondFile {
      _ = try OpenedPlugin.load(descriptor: secondFile, path: path)
    }
    guard let action = generation.actions[plan.action] else {
      let names = generation.actions.keys.sorted().joined(separator: ", ")
      throw Objection("it has no action \"\(plan.action)\"", cure: "it has: \(names)")
    }
    if plan.reconciles {
      guard let entry = generation.reconciles[plan.action] else {
        throw Objection("no reconcile entry speaks for \"\(plan.action)\"", cure: "add one to the manifest")
      }
      self.action = entry.inPlace(of: action)
      lost = RunReconcile(
        action: plan.action, reason: "its worker ended (this is a trial)", steps: [], leftBehind: [])
    } else {
      self.action = action
      lost = nil
    }
    do {
      jobs = try LoneRunner(store: makeStore())
    } catch {
      let cure = error.cure.isEmpty ? "see whether the machine has memory left" : error.cure
      throw Objection("it could not be tried: \(error.message)", cure: cure)
    }
    say(.loaded)
  }

  /// Asks the run that is going on to end. From any thread.
  package func cancel() { current.withLock { $0 }?.raise(StopBits.cancel) }

  /// Does one run. Log lines and progress go to `say`, and are not in the report.
  package func perform(_ wanted: TryRun) -> TryReport {
    let before = ProcessLook()
    let files = scratch.map { FolderLook($0) }
    say(.began)
    var watch = LoneWatch()
    watch.began = { [self] run in
      if let lost { run.becomeReconcile(lost) }
      current.withLock { $0 = run }
    }
    watch.log = { [say] level, text in say(.log(level: level, text: text)) }
    let progress = ProgressSieve()
    watch.progress = { [say] done, total, text in
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
    defer { current.withLock { $0 = nil } }
    do {
      let (row, run, end) = try jobs.run(action, job, watch: watch)
      var report = TryReport(row, run, end)
      report.job = row.id.rawValue
      report.records = try jobs.records(of: row.id, limit: TryReport.recordLimit)
      report.forgotToAnswer = lost != nil && end.code >= 0 && !run.hasAnswered
      (report.progressReports, report.progressFault) = progress.seen
      (report.threadsLeft, report.descriptorsLeft) = before.left()
      report.newFiles = files?.takeNew() ?? []
      return report
    } catch {
      return TryReport(ending: .notRun("\(error)"))
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
    worstGapAt = measures.worstGapPlaces
    stopLatencyNanoseconds = measures.stopLatencyNanoseconds
    hostAllocations = measures.hostAllocations
    refused = measures.refused
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
