import DataModel
import PluginHost
import Storage
import Synchronization
import Threading

/// What a reconcile entry reaches of the engine: it may look. Its lines travel with its answer: a lost job has no run
/// that could write.
final class ReconcileContext: JobContext {
  private static let lineLimit = 200

  private let facade: EngineRecords
  private let lease: ReconcileLease
  private let lines = Mutex<[LogLine]>([])

  init(lease: ReconcileLease, session: StoreSession) {
    self.lease = lease
    facade = EngineRecords(run: lease.run, session: session)
  }

  var records: any RecordFacade { ReadOnlyRecords(facade) }

  /// Whether the question was asked to stop: asked while a read waits for a store that is away.
  func setStopped(_ isStopped: @escaping @Sendable () -> Bool) { facade.stopped.withLock { $0 = isStopped } }

  var steps: any StepFacade { LostSteps(lease: lease) }

  /// What it has said, in order.
  var said: [LogLine] { lines.withLock { $0 } }

  func log(level: UInt8, text: String) {
    let line = LogLine(at: WallClock.milliseconds, level: level, text: text)
    lines.withLock { lines in
      if lines.count < Self.lineLimit { lines.append(line) }
      if lines.count == Self.lineLimit {
        lines[Self.lineLimit - 1].text = "… (lines after the \(Self.lineLimit - 1)th are left out)"
      }
    }
  }

  /// The job's progress stays what its run has said.
  func progress(done: UInt64, total: UInt64, text: String) {}
}

/// Tokens of the lost run; nothing begins.
private struct LostSteps: StepFacade {
  let lease: ReconcileLease

  private var denied: HostError { HostError(code: -7, message: "a reconcile entry does no step") }

  func begin(_ name: String) throws(HostError) -> StepStart { throw denied }
  func record(_ name: String, result: String) throws(HostError) { throw denied }

  func token(_ name: String) -> String {
    StepToken.make(job: lease.run.job, submittedAt: lease.submittedAt, name: name)
  }
}

/// The data model for those who only look.
private struct ReadOnlyRecords: RecordFacade {
  private let records: EngineRecords

  init(_ records: EngineRecords) { self.records = records }

  var catalogue: Catalogue { records.catalogue }

  func get(entity: UInt32, id: Int64, fields: [UInt32]) throws(HostError) -> RecordRow? {
    try records.get(entity: entity, id: id, fields: fields)
  }

  func find(entity: UInt32, match: FieldAssignment, limit: Int) throws(HostError) -> [Int64] {
    try records.find(entity: entity, match: match, limit: limit)
  }

  func create(entity: UInt32, values: [FieldAssignment]) throws(HostError) -> Int64 { throw denied }

  func set(entity: UInt32, id: Int64, version: Int64, values: [FieldAssignment]) throws(HostError) -> Int64 {
    throw denied
  }

  func delete(entity: UInt32, id: Int64, version: Int64) throws(HostError) { throw denied }

  private var denied: HostError {
    HostError(code: -7, message: "a reconcile entry reads records, it writes none")
  }
}
