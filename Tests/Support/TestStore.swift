package import DataModel
import Foundation
import SQLiteStorage
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

  package init(_ flavour: StoreFlavour = .direct, handlers: ServerHandlers = ServerHandlers()) throws {
    self.flavour = flavour
    folder = try Self.makeFolder()
    let clock = ManualClock()
    self.clock = clock
    direct =
      flavour == .memory
      ? try SQLiteStore.inMemory(clock: { clock.now })
      : try SQLiteStore.open(path: folder + "/test.db", walBytes: 1 << 20, clock: { clock.now })
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
  /// What must hold between the tables after every transaction.
  package func checkTables(sourceLocation: SourceLocation = #_sourceLocation) throws {
    if flavour == .memory { return }
    let connection = try SQLiteConnection(path: path, isReader: true)
    defer { connection.close() }
    let rules = [
      "a ready job is queued, and no other":
        """
      select (select count(*) from job_live l left join job_ready r on r.job = l.job and r.kind = l.kind
              where (l.state = 1) <> (r.job is not null))
           + (select count(*) from job_ready r where r.job not in (select job from job_live))
      """,
      "a held job is on its node's list, and no other":
        """
      select (select count(*) from job_live l left join job_active a on a.job = l.job and a.node = l.node
              where (l.state in (2, 3, 4, 5)) <> (a.job is not null))
           + (select count(*) from job_active a where a.job not in (select job from job_live))
      """,
      "a job that was asked to stop is called, and no other":
        """
      select (select count(*) from job_live l left join job_cancel c on c.job = l.job and c.node = l.node
              where (l.state = 4 and l.cancel_requested = 1) <> (c.job is not null))
           + (select count(*) from job_cancel c where c.job not in (select job from job_live))
      """,
      "a lost job is on the list of lost jobs, and no other":
        """
      select (select count(*) from job_live l left join job_lost o on o.job = l.job and o.kind = l.kind
              where (l.state = 6) <> (o.job is not null))
           + (select count(*) from job_lost o where o.job not in (select job from job_live))
           + (select count(*) from job_lost o where (o.due_at is null) <> (o.node is not null))
      """,
      "a job is live or done":
        """
      select count(*) from job_spec s
      where (s.job in (select job from job_live)) = (s.job in (select job from job_done))
      """,
      "events are numbered without a gap":
        """
      select count(*) from (select job, count(*) as n, max(number) as last from job_event group by job)
      where n <> last
      """,
      "a live job knows how many events it has":
        """
      select count(*) from job_live l
      where l.events <> (select count(*) from job_event e where e.job = l.job)
      """,
      "the counters say what a count would":
        """
      select count(*) from job_count c where c.jobs <>
        (select count(*) from job_live where state = c.status)
        + (select count(*) from job_done where outcome = c.status - 100)
      """,
    ]
    for (rule, sql) in rules {
      #expect(try connection.number(sql, []) == 0, Comment(rawValue: rule), sourceLocation: sourceLocation)
    }
  }
}
