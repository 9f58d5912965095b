package import DataModel

/// What a run may do to the world outside its thread: all that the host is given of the engine. The host calls
/// it on the run's threads; blocking calls return early when `isStopped` becomes true.
package protocol JobContext: AnyObject, Sendable {
  /// Adds a log line to the job. `level` as in `ext/log.h`.
  func log(level: UInt8, text: String)
  /// The newest progress replaces the one before.
  func progress(done: UInt64, total: UInt64, text: String)
  /// The data model, with this run's fence on every write.
  var records: any RecordFacade { get }
  /// What is recorded of the job's steps.
  var steps: any StepFacade { get }
}

extension JobContext {
  /// A context without a job's record has no steps.
  package var steps: any StepFacade { NoSteps() }
}

/// What is recorded of a step when it is about to begin.
package enum StepStart: Sendable, Equatable {
  /// It begins with this run, and that is committed.
  case fresh
  /// An earlier run began it, and its result is not known.
  case begun
  case done(String)
}

/// The record of a job's steps as a run sees it. Throws the ABI's return code.
package protocol StepFacade: Sendable {
  /// Commits that it begins. Gives up on a stop.
  func begin(_ name: String) throws(HostError) -> StepStart
  /// Commits what came of a step that began. Waits for the store also after a stop: only a lost job gives up.
  func record(_ name: String, result: String) throws(HostError)
  /// See `StepToken`.
  func token(_ name: String) -> String
}

private struct NoSteps: StepFacade {
  private var refusal: HostError { HostError(code: -10, message: "steps cannot be recorded here") }

  func begin(_ name: String) throws(HostError) -> StepStart { throw refusal }
  func record(_ name: String, result: String) throws(HostError) { throw refusal }
  func token(_ name: String) -> String { "" }
}

/// The data model as a run sees it. Throws the ABI's return code (`BH_FENCED`, `BH_CANCELLED` ...).
package protocol RecordFacade: Sendable {
  var catalogue: Catalogue { get }
  /// Nil when there is no such record.
  func get(entity: UInt32, id: Int64, fields: [UInt32]) throws(HostError) -> RecordRow?
  func find(entity: UInt32, match: FieldAssignment, limit: Int) throws(HostError) -> [Int64]
  /// The id of the new record.
  func create(entity: UInt32, values: [FieldAssignment]) throws(HostError) -> Int64
  /// The new version.
  func set(entity: UInt32, id: Int64, version: Int64, values: [FieldAssignment]) throws(HostError) -> Int64
  func delete(entity: UInt32, id: Int64, version: Int64) throws(HostError)
}

/// A host call that did not work: the ABI code that the plug-in gets, and the text for its failure.
package struct HostError: Error, Sendable, Equatable {
  package var code: Int32
  package var message: String

  package init(code: Int32, message: String) {
    self.code = code
    self.message = message
  }
}
