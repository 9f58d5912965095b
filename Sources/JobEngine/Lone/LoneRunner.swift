package import DataModel
package import PluginHost
package import Storage
import Synchronization
import Threading

/// One job for a `LoneRunner`.
package struct LoneJob: Sendable {
  /// Checked JSON, defaults filled in.
  package var params: String
  /// From its start; 0: none.
  package var deadlineMilliseconds: Int64
  /// Raises CANCEL so long after its start; nil: never.
  package var cancelAfterMilliseconds: Int64?
  package var options: RunOptions

  package init(
    params: String, deadlineMilliseconds: Int64 = 0, cancelAfterMilliseconds: Int64? = nil,
    options: RunOptions = RunOptions()
  ) {
    self.params = params
    self.deadlineMilliseconds = deadlineMilliseconds
    self.cancelAfterMilliseconds = cancelAfterMilliseconds
    self.options = options
  }
}

/// Sees a lone job while it goes. Called on the run's threads.
package struct LoneWatch: Sendable {
  package var began: @Sendable (PluginRun) -> Void = { _ in }
  package var log: @Sendable (_ level: UInt8, _ text: String) -> Void = { _, _ in }
  package var progress: @Sendable (_ done: UInt64, _ total: UInt64, _ text: String) -> Void = { _, _, _ in }

  package init() {}
}

/// Runs jobs one after the other without a worker and without `serve`, in a process that is there for nothing else:
/// each is submitted to the store, claimed, started, run on a job thread, and finished, as an engine does it.
package final class LoneRunner: Sendable {
  private let store: any Store
  private let node: NodeID
  private let session: StoreSession
  private let writer: RunWriter
  private let threads = JobThreads(limit: 1)

  /// Starts all threads that running a job needs, so that later ones are the plug-in's.
  package init(store: any Store) throws(StoreError) {
    self.store = store
    let process = ProcessIdentity(pid: 1, startTicks: 1, bootID: "lone")
    node = try store.perform(Hello(node: nil, process: process, inventory: [])).node
    session = StoreSession(local: store, process: process, node: node)
    writer = RunWriter(outbox: nil, log: .standardError)
    writer.noteLink(isUp: true)
    OSThread("bh-writer") { [writer, session] in WriterThread(writer: writer, session: session).run() }
    _ = DeadlineTimer.shared
    onJobThread {}
  }

  /// The job's last row, and its run. Blocks until the job has ended.
  package func run(
    _ action: LoadedAction, _ job: LoneJob, watch: LoneWatch = LoneWatch()
  ) throws(StoreError) -> (row: JobRow, run: PluginRun, end: RunEnd) {
    let lease = try claim(action, job)
    guard try store.perform(WriteRuns(node: node, items: [RunWrite(lease.run, .start)])) == [.done] else {
      throw StoreError(.fenced, "the job could not be started")
    }
    let context = LoneContext(
      EngineContext(run: lease.run, submittedAt: lease.submittedAt, writer: writer, session: session),
      watch: watch)
    let run = PluginRun(
      entry: action.function, context: context, jobID: lease.run.job, fence: lease.run.fence,
      attempt: lease.attempt, paramsJSON: lease.params, cleanupMilliseconds: lease.cleanupMilliseconds,
      options: job.options)
    context.engine.stopped = { [weak run] in run?.isStopped ?? true }
    let end = execute(run, job, lease, watch)
    let stored = Condition<RunAnswer?>(nil)
    writer.send(RunWrite(lease.run, .finish(end))) { answer in stored.update { $0 = answer } }
    _ = stored.wait { $0 }
    guard let row = try store.perform(GetJob(job: lease.run.job)) else {
      throw StoreError(.notFound, "the job is not in the store any more")
    }
    return (row, run, end)
  }

  /// What a job made and changed in the data model, as it is now.
  package func records(of job: JobID, limit: Int) throws(StoreError) -> [RecordFacts] {
    try store.perform(ListJobRecords(job: job, limit: limit))
  }

  private func claim(_ action: LoadedAction, _ job: LoneJob) throws(StoreError) -> Lease {
    let definition = action.definition
    let request = JobRequest(
      kind: action.kind, params: job.params, repeatRule: definition.repeatRule,
      deadlineMilliseconds: job.deadlineMilliseconds,
      cleanupMilliseconds: definition.cleanupMilliseconds,
      graceMilliseconds: definition.graceMilliseconds)
    let batch = (0..<16).map { _ in UInt8.random(in: 0...255) }
    _ = try store.perform(SubmitJobs(batchID: batch, jobs: [request]))
    let claimed = try store.perform(ClaimJobs(node: node, kinds: [action.kind], limit: 1))
    guard let lease = claimed.leases.first else {
      throw StoreError(.notFound, "the job that was just made could not be claimed")
    }
    return lease
  }

  private func execute(_ run: PluginRun, _ job: LoneJob, _ lease: Lease, _ watch: LoneWatch) -> RunEnd {
    let timer = DeadlineTimer.shared
    let owner = ObjectIdentifier(run)
    defer { timer.cancel(owner: owner) }
    watch.began(run)
    if job.deadlineMilliseconds > 0 {
      timer.schedule(afterMilliseconds: job.deadlineMilliseconds, owner: owner) { [weak run, writer] in
        writer.send(RunWrite(lease.run, .passDeadline))
        run?.raise(StopBits.deadline)
      }
    }
    if let milliseconds = job.cancelAfterMilliseconds {
      timer.schedule(afterMilliseconds: milliseconds, owner: owner) { [weak run] in
        run?.raise(StopBits.cancel)
      }
    }
    let result = Mutex(RunEnd(code: ReturnCode.bug))
    onJobThread {
      var end = run.execute()
      end.endedAt = WallClock.milliseconds
      result.withLock { $0 = end }
    }
    return result.withLock { $0 }
  }

  private func onJobThread(_ body: @escaping @Sendable () -> Void) {
    let done = Condition(false)
    threads.submit {
      body()
      done.update { $0 = true }
    }
    _ = done.wait { $0 ? true : nil }
  }
}

/// The engine's context, seen by somebody.
private final class LoneContext: JobContext {
  let engine: EngineContext
  private let watch: LoneWatch

  init(_ engine: EngineContext, watch: LoneWatch) {
    self.engine = engine
    self.watch = watch
  }

  var records: any RecordFacade { engine.records }
  var steps: any StepFacade { engine.steps }

  func log(level: UInt8, text: String) {
    watch.log(level, text)
    engine.log(level: level, text: text)
  }

  func progress(done: UInt64, total: UInt64, text: String) {
    watch.progress(done, total, text)
    engine.progress(done: done, total: total, text: text)
  }
}
