import DataModel
import Glibc
import JobEngine
import SQLiteStorage
import Storage
import Synchronization
import Threading

/// The store's file, for the process that serves it, or that has taken its lock while none does. The only place that
/// names a database.
enum StoreFile {
  static func open(_ location: StoreLocation, mayMigrate: Bool) throws(StoreError) -> SQLStore {
    // What cannot be read is told by the opening itself.
    if access(location.path, R_OK) == 0 { try SQLiteStore.checkNotPrivate(path: location.path) }
    return try SQLiteStore.open(
      path: location.path, mayMigrate: mayMigrate, clock: { WallClock.milliseconds },
      tell: { EngineLog.info($0) })
  }

  /// A store without a file, for a plug-in that is run without an engine.
  static func inMemory() throws(StoreError) -> any Store {
    try inMemory { WallClock.milliseconds }
  }

  /// The same with a clock of its own, for the simulator.
  static func inMemory(clock: @escaping @Sendable () -> Milliseconds) throws(StoreError) -> SQLStore {
    try SQLiteStore.inMemory(clock: clock)
  }

  /// The store that a plug-in is tried on: one in memory, or, with a path, a private one that is kept. Its lock is
  /// held until this process ends.
  static func forTrying(_ path: String?) throws(StoreError) -> any Store {
    guard let path else { return try inMemory() }
    let lock = try privateLock(path)
    let store = try SQLiteStore.openPrivate(path: path) { WallClock.milliseconds }
    // What a process that was killed has left is not run by the next one.
    for job in try store.perform(ListJobs(states: [JobState.ready.name], limit: 1000)) {
      _ = try store.perform(RequestCancel(job: job.id))
    }
    heldLock.withLock { $0 = lock }
    return store
  }

  /// Makes the private store when there is none, and says what is wrong with it before any plug-in runs.
  static func checkPrivate(_ path: String) throws(StoreError) {
    let lock = try privateLock(path)
    defer { lock.release() }
    try SQLiteStore.openPrivate(path: path) { WallClock.milliseconds }.close()
    try SQLiteStore.settlePrivate(path: path)
  }

  /// After the process that had it open has ended: all of it is in the one file.
  static func settlePrivate(_ path: String) throws(StoreError) {
    let lock = try privateLock(path)
    defer { lock.release() }
    try SQLiteStore.settlePrivate(path: path)
  }

  private static let heldLock = Mutex<StoreLock?>(nil)

  /// Nothing is written beside a store that is somebody else's, not even a lock.
  private static func privateLock(_ path: String) throws(StoreError) -> StoreLock {
    try SQLiteStore.checkPrivate(path: path)
    do {
      return try StoreLock(StoreLocation("sqlite:" + path))
    } catch  where error.code == .alreadyServed {
      throw StoreError(
        .alreadyServed, "\(path) is in use by another run",
        cure: "wait for that run, or name another file with --store")
    }
  }

  /// Reads all of it and says what is wrong.
  static func check(_ location: StoreLocation) throws(StoreError) -> StoreReport {
    try SQLiteStore.check(location.path)
  }

  /// What a copy is called until it is whole.
  static func unfinishedCopy(_ path: String) -> String { SQLiteCopy.unfinished(path) }

  /// A whole copy in a new file.
  static func backUp(_ location: StoreLocation, to path: String) throws(StoreError) -> StoreReport {
    try SQLiteStore.backUp(location.path, to: path)
  }
}
