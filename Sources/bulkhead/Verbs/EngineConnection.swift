import DataModel
import Glibc
import JobEngine
import Storage
import Threading

/// The command's line to a serving engine. Blocking; used from one thread.
struct EngineConnection {
  let location: StoreLocation
  let socketPath: String
  let client: JobClient
  private let store: RemoteStore

  /// `location` is the store's text, such as `sqlite:./bulkhead.db`.
  init(location text: String) throws(EngineError) {
    let location: StoreLocation
    do {
      location = try StoreLocation(text)
    } catch {
      // Wrong use, not a refusal: nobody was asked yet.
      throw EngineError(.invalidParameters, error.message, cure: error.cure)
    }
    do {
      try self.init(location)
    } catch {
      throw EngineError(error)
    }
  }

  private init(_ location: StoreLocation) throws(StoreError) {
    // An engine that goes away while we write is an error of that write, not the end of this process.
    signal(SIGPIPE, SIG_IGN)
    self.location = location
    socketPath = try location.socketPath()
    let path = socketPath
    do {
      store = try RemoteStore.connect(path: path, onEnd: {})
    } catch  where error.code == .noEngine && !path.hasPrefix(location.path) {
      // The socket of a long path is named by a hash: people are told of the store that they asked for.
      throw StoreError(
        .noEngine, "no engine is serving \(location.path)",
        cure: "start one: bulkhead serve --store \(location)")
    }
    client = JobClient(
      store: store, redial: { () throws(StoreError) in try RemoteStore.connect(path: path, onEnd: {}) })
  }

  /// A fresh line to the same engine, or to the one that serves the store now. Tries until `limit` on the
  /// monotonic clock; throws the last failure.
  func reconnected(untilNanoseconds limit: Int64) throws(EngineError) -> EngineConnection {
    let pause = Bell()
    while true {
      do {
        return try EngineConnection(location)
      } catch {
        guard MonotonicClock.nanoseconds < limit else { throw EngineError(error) }
        pause.wait(milliseconds: 200)
      }
    }
  }

  /// The process that serves, and how the engine stands.
  func serving() throws(StoreError) -> ServeStatus.Reply { try store.perform(ServeStatus()) }

  /// Reads the whole store and says what is wrong with it.
  func check() throws(StoreError) -> StoreReport { try store.perform(CheckStore()) }

  /// A whole copy of the store in a new file on the engine's machine; `path` is absolute.
  func backUp(to path: String) throws(StoreError) -> StoreReport {
    try store.perform(ServeBackup(path: path))
  }

  /// The workers as the serving process sees them.
  func workers() throws(StoreError) -> [WorkerFacts] { try workersAndMechanism().workers }

  /// The same, with what holds workers to their limits on that machine.
  func workersAndMechanism() throws(StoreError) -> ListWorkers.Reply { try store.perform(ListWorkers()) }

  /// Drains or kills a worker; answers its process.
  func command(_ worker: NodeID, _ mode: WorkerCommandMode) throws(StoreError) -> ProcessIdentity {
    try store.perform(CommandWorker(node: worker, mode: mode))
  }

  /// Asks the engine to become the program that its file holds now; answers that one's version.
  func restart() throws(StoreError) -> String { try store.perform(ServeRestart()).version }

  /// Asks the engine to end; answers how many jobs are active.
  func stop(_ mode: ServeStop.Mode) throws(StoreError) -> Int {
    try store.perform(ServeStop(mode: mode)).activeJobs
  }
}
