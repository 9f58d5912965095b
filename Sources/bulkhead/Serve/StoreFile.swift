import DataModel
import JobEngine
import SQLiteStorage
import Storage
import Threading

/// The store's file, for the process that serves it, or that has taken its lock while none does. The only place that
/// names a database.
enum StoreFile {
  static func open(_ location: StoreLocation, mayMigrate: Bool) throws(StoreError) -> SQLStore {
    try SQLiteStore.open(
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
