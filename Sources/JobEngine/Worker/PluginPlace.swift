import DataModel
import PluginHost
import Storage
import Threading

/// Runs jobs as plug-ins on this process's job threads.
final class PluginPlace: RunPlace {
  private let generations: GenerationTable
  private let threads: JobThreads
  private let writer: RunWriter
  private let session: StoreSession

  init(generations: GenerationTable, threads: JobThreads, writer: RunWriter, session: StoreSession) {
    self.generations = generations
    self.threads = threads
    self.writer = writer
    self.session = session
  }

  var kinds: [JobKind] { generations.kinds }

  var revision: Int64 { generations.revision }

  func maker(_ kind: JobKind) -> RunMaker? {
    guard let action = generations.action(kind) else { return nil }
    return { [threads, writer, session] active in
      let context = EngineContext(
        run: active.id, submittedAt: active.lease.submittedAt, writer: writer, session: session)
      let run = PluginRun(active, action, context: context)
      context.stopped = { [weak run] in run?.isStopped ?? true }
      context.setFenced { [weak run] in run.map { $0.stopBits & StopBits.fenced != 0 } ?? true }
      return ThreadedRun(run, threads)
    }
  }
}

/// A plug-in's run with the threads that it gets one of.
private final class ThreadedRun: EnteredRun {
  private let run: PluginRun
  private let threads: JobThreads

  init(_ run: PluginRun, _ threads: JobThreads) {
    self.run = run
    self.threads = threads
  }

  func enter(began: @escaping @Sendable () -> Void, ended: @escaping @Sendable (RunEnd) -> Void) {
    threads.submit { [run] in
      began()
      var end = run.execute()
      end.endedAt = WallClock.milliseconds
      ended(end)
    }
  }

  func raise(_ bits: UInt32) { run.raise(bits) }

  func takeCleanupGrace() -> Bool { run.takeCleanupGrace() }

  func abandon() {
    if let thread = run.thread { _ = threads.abandon(thread) }
  }
}

extension PluginRun {
  /// The host's run of a claimed job.
  fileprivate convenience init(_ active: ActiveRun, _ action: LoadedAction, context: EngineContext) {
    let lease = active.lease
    self.init(
      entry: action.function, context: context, jobID: lease.run.job, fence: lease.run.fence,
      attempt: lease.attempt, paramsJSON: lease.params, cleanupMilliseconds: lease.cleanupMilliseconds,
      options: .fromEnvironment)
  }
}
