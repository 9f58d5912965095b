import DataModel
import PluginHost
import Storage
import Synchronization

/// The record of a run's steps over the store. Both writes may be repeated: the store knows what this run has begun.
final class EngineSteps: StepFacade {
  /// Whether the run was asked to stop, and whether it lost its job: asked while a call waits for a store that is away.
  let stopped = Mutex<@Sendable () -> Bool>({ false })
  let isFenced = Mutex<@Sendable () -> Bool>({ false })
  private let run: JobRun
  private let submittedAt: Milliseconds
  private let session: StoreSession

  init(run: JobRun, submittedAt: Milliseconds, session: StoreSession) {
    self.run = run
    self.submittedAt = submittedAt
    self.session = session
  }

  func begin(_ name: String) throws(HostError) -> StepStart {
    switch try perform(BeginStep(run: run, name: name), giveUp: stopped.withLock { $0 }) {
    case .fresh:
      FaultPoint.reach("step.before_do")
      return .fresh
    case .begun: return .begun
    case .done(let result): return .done(result)
    case .fenced: throw fenced
    case .full:
      throw HostError(
        code: -4, message: "job \(run.job) has \(StepToken.countLimit) steps, and may not have more")
    }
  }

  func record(_ name: String, result: String) throws(HostError) {
    FaultPoint.reach("step.after_do")
    let isRecorded = try perform(
      EndStep(run: run, name: name, result: result), giveUp: isFenced.withLock { $0 })
    if !isRecorded { throw fenced }
    FaultPoint.reach("step.after_record")
  }

  func token(_ name: String) -> String {
    StepToken.make(job: run.job, submittedAt: submittedAt, name: name)
  }

  private var fenced: HostError { HostError(code: -12, message: "this run no longer owns job \(run.job)") }

  private func perform<V: StoreVerb>(
    _ verb: V, giveUp: @Sendable () -> Bool
  ) throws(HostError) -> V.Reply {
    do {
      return try session.perform({ _ in verb }, repeated: true, giveUp: giveUp)
    } catch {
      // Closed means: stopped while nobody served. The host turns it into the stop's own code.
      throw HostError(code: error.code == .closed ? -1 : -8, message: error.description)
    }
  }
}
