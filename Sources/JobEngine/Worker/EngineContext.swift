import DataModel
import PluginHost
import Storage
import Synchronization
import Threading

/// What a run reaches of the engine: its log, its progress and the data model, each under its fence.
final class EngineContext: JobContext {
  private let run: JobRun
  private let writer: RunWriter
  private let facade: EngineRecords
  private let stepFacade: EngineSteps

  init(run: JobRun, submittedAt: Milliseconds, writer: RunWriter, session: StoreSession) {
    self.run = run
    self.writer = writer
    facade = EngineRecords(run: run, session: session)
    stepFacade = EngineSteps(run: run, submittedAt: submittedAt, session: session)
  }

  var records: any RecordFacade { facade }
  var steps: any StepFacade { stepFacade }

  /// Whether the run was asked to stop: asked while a call waits for a store that is away.
  var stopped: @Sendable () -> Bool {
    get { facade.stopped.withLock { $0 } }
    set {
      facade.stopped.withLock { $0 = newValue }
      stepFacade.stopped.withLock { $0 = newValue }
    }
  }

  /// Whether the run lost its job.
  func setFenced(_ isFenced: @escaping @Sendable () -> Bool) {
    stepFacade.isFenced.withLock { $0 = isFenced }
  }

  func log(level: UInt8, text: String) {
    writer.log(run, LogLine(at: WallClock.milliseconds, level: level, text: text))
  }

  func progress(done: UInt64, total: UInt64, text: String) {
    writer.progress(
      run, JobProgress(done: done, total: total, message: text, at: WallClock.milliseconds))
  }
}

/// The data model over the store. Every write has a number within the run, so that one whose answer was lost is
/// sent again without being done twice.
final class EngineRecords: RecordFacade {
  let catalogue = Catalogue.standard
  let stopped = Mutex<@Sendable () -> Bool>({ false })
  private let run: JobRun
  private let session: StoreSession
  private let counters = Mutex((sequence: Int64(0), created: Int64(0)))

  init(run: JobRun, session: StoreSession) {
    self.run = run
    self.session = session
  }

  func get(entity: UInt32, id: Int64, fields: [UInt32]) throws(HostError) -> RecordRow? {
    try perform(ReadRecord(entity: entity, id: id, fields: fields))
  }

  func find(entity: UInt32, match: FieldAssignment, limit: Int) throws(HostError) -> [Int64] {
    try perform(FindRecords(entity: entity, match: match, limit: limit))
  }

  func create(entity: UInt32, values: [FieldAssignment]) throws(HostError) -> Int64 {
    let id = try nextRecordID()
    _ = try write(.create(entity: entity, id: id, values: values))
    return id
  }

  func set(entity: UInt32, id: Int64, version: Int64, values: [FieldAssignment]) throws(HostError) -> Int64 {
    try write(.set(entity: entity, id: id, version: version, values: values))
  }

  func delete(entity: UInt32, id: Int64, version: Int64) throws(HostError) {
    _ = try write(.delete(entity: entity, id: id, version: version))
  }

  /// Made here, so that a create can be repeated: unique by job, fence and number.
  private func nextRecordID() throws(HostError) -> Int64 {
    let number = counters.withLock { counters -> Int64 in
      counters.created += 1
      return counters.created
    }
    guard number <= RecordNumber.mostPerRun else {
      throw HostError(code: -10, message: "one run can make 65,535 records, not more")
    }
    return RecordNumber.make(job: run.job, fence: run.fence, number: number)
  }

  private func write(_ change: RecordChange) throws(HostError) -> Int64 {
    let sequence = counters.withLock { counters -> Int64 in
      counters.sequence += 1
      return counters.sequence
    }
    switch try perform(WriteRecord(run: run, sequence: sequence, change: change)) {
    case .done(let version): return version
    case .notFound: throw HostError(code: -5, message: missing(change))
    case .conflict(let text): throw HostError(code: -6, message: text)
    case .invalid(let text): throw HostError(code: -4, message: text)
    case .fenced: throw HostError(code: -12, message: "this run no longer owns job \(run.job)")
    }
  }

  private func missing(_ change: RecordChange) -> String {
    let (entity, id) =
      switch change {
      case .create(let entity, let id, _), .set(let entity, let id, _, _), .delete(let entity, let id, _):
        (entity, id)
      }
    return "there is no \(catalogue.entity(entity)?.name ?? "record") \(id)"
  }

  private func perform<V: StoreVerb>(_ verb: V) throws(HostError) -> V.Reply {
    let stopped = stopped.withLock { $0 }
    do {
      return try session.perform({ _ in verb }, repeated: true, giveUp: stopped)
    } catch {
      // Closed means: stopped while nobody served. The host turns it into the stop's own code.
      throw HostError(code: error.code == .closed ? -1 : -8, message: error.description)
    }
  }
}
