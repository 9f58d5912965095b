package import DataModel
import Foundation
package import SQLiteStorage
package import Storage
import Synchronization
package import Testing

/// The ways to reach a store. The conformance suite runs over each of them.
package enum StoreFlavour: String, CaseIterable, Sendable, CustomTestStringConvertible {
  /// SQLite in this process.
  case direct
  /// The same over a real socket.
  case remote
  /// SQLite in memory, in this process.
  case memory

  package var testDescription: String { rawValue }
}

/// A store in a folder of its own, with a clock that stands still until a test moves it.
package final class TestStore: Sendable {
  package let flavour: StoreFlavour
  package let folder: String
  package let direct: SQLStore
  /// What a test asks: `direct`, or a connection to a server of it.
  package let store: any Store
  package let server: StoreServer?
  private let clock: ManualClock

  package var path: String { folder + "/test.db" }

  /// `disk`, where the store's file is to lie; not for a store in memory.
  package init(
    _ flavour: StoreFlavour = .direct, handlers: ServerHandlers = ServerHandlers(), disk: FaultyDisk? = nil
  ) throws {
    self.flavour = flavour
    folder = try Self.makeFolder()
    let clock = ManualClock()
    self.clock = clock
    direct =
      flavour == .memory
      ? try SQLiteStore.inMemory(clock: { clock.now })
      : try SQLiteStore.open(
        path: folder + "/test.db", walBytes: disk == nil ? 1 << 20 : 1 << 17, disk: disk,
        clock: { clock.now })
    switch flavour {
    case .direct, .memory:
      server = nil
      store = direct
    case .remote:
      let server = try StoreServer(store: direct, path: folder + "/test.db.sock")
      try server.start(handlers)
      self.server = server
      store = try RemoteStore.connect(path: server.path, onEnd: {})
    }
  }

  /// The files of another store as they lie, as after the death of its process, opened again.
  package init(copyOf other: TestStore) throws {
    flavour = .direct
    folder = try Self.makeFolder()
    clock = other.clock
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: other.path + suffix, toPath: folder + "/test.db" + suffix)
    }
    direct = try SQLiteStore.open(
      path: folder + "/test.db", walBytes: 1 << 17, clock: { [clock] in clock.now })
    store = direct
    server = nil
  }

  /// Makes a store, hands it to `body`, checks that its tables agree with each other, and removes it.
  package static func with(_ flavour: StoreFlavour, _ body: (TestStore) throws -> Void) throws {
    let test = try TestStore(flavour)
    defer { test.end() }
    try body(test)
    try test.checkTables()
  }

  package static func makeFolder() throws -> String {
    let folder = NSTemporaryDirectory() + "bulkhead-store-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }

  package func end() {
    server?.stop()
    direct.close()
    try? FileManager.default.removeItem(atPath: folder)
  }

  package var now: Milliseconds { clock.now }

  package func pass(milliseconds: Int64) { clock.pass(milliseconds: milliseconds) }
}

/// Starts at a fixed instant and moves only when told.
package final class ManualClock: Sendable {
  private let milliseconds = Atomic<Int64>(1_800_000_000_000)

  package init() {}

  package var now: Milliseconds { milliseconds.load(ordering: .relaxed) }

  package func pass(milliseconds passed: Int64) { milliseconds.add(passed, ordering: .relaxed) }
}

extension TestStore {
  /// What must hold between the tables after every transaction, and in every page.
  package func checkTables(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let problems = try direct.perform(CheckStore()).problems
    #expect(problems.isEmpty, sourceLocation: sourceLocation)
  }
}
