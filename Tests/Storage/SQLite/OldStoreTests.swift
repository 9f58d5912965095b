import DataModel
import Foundation
import SQLiteStorage
import Storage
import TestSupport
import Testing

/// A real file of schema 1, made by the engine of that time and left by a kill: jobs of every kind and state, records,
/// logs, plug-ins, an ended worker and one that still looks alive.
@Suite("A store of an older version")
struct OldStoreTests {
  static let golden = PackageRoot.path + "/Tests/Golden/stores/schema-1.db"

  private func withStore(_ body: (_ path: String) throws -> Void) throws {
    let folder = try TestStore.makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.copyItem(atPath: Self.golden, toPath: folder + "/a.db")
    try body(folder + "/a.db")
  }

  private func open(_ path: String, mayMigrate: Bool = true, disk: FaultyDisk? = nil) throws -> SQLStore {
    try SQLiteStore.open(
      path: path, walBytes: 1 << 17, mayMigrate: mayMigrate, disk: disk, clock: { 1_900_000_000_000 })
  }

  /// Every row of every table of schema 1, by table.
  private func rows(_ path: String) throws -> [String: [String]] {
    let old = try SQLiteConnection(lookingAt: Self.golden)
    defer { old.close() }
    let connection =
      path == Self.golden ? try SQLiteConnection(lookingAt: path) : try SQLiteConnection(path: path)
    defer { connection.close() }
    var tables: [String: [String]] = [:]
    try old.query("select name from sqlite_master where type = 'table'", []) { tables[$0.text(0)] = [] }
    for table in tables.keys where table != "schema_version" {
      var columns: [String] = []
      try old.query("select name from pragma_table_info('\(table)')", []) {
        columns.append("\"\($0.text(0))\"")
      }
      let values = columns.map { "quote(\($0))" }.joined(separator: " || ',' || ")
      let only = table == "counter" ? " where name in ('job', 'kind', 'node', 'log', 'plugin_revision')" : ""
      try connection.query("select \(values) from \(table)\(only) order by 1", []) {
        tables[table]?.append($0.text(0))
      }
    }
    return tables
  }

  private func schema(_ path: String) throws -> Int64? {
    let connection = try SQLiteConnection(path: path)
    defer { connection.close() }
    return try connection.number("select max(version) from schema_version", [])
  }

  @Test("is brought up to date with all its rows, beside a whole copy of the old file")
  func migrated() throws {
    try withStore { path in
      let before = try rows(Self.golden)
      #expect(before["job_spec"]?.count == 21 && before["job_live"]?.count == 13)
      let store = try open(path)
      #expect(try store.perform(CheckStore()).problems.isEmpty)
      store.close()
      #expect(try rows(path) == before)
      let copy = path + ".schema-1.backup"
      #expect(try rows(copy) == before && schema(copy) == 1 && schema(path) == Migrations.newest)
      let facts = try FileManager.default.attributesOfItem(atPath: copy)
      #expect(facts[.posixPermissions] as? Int == 0o600)
      // A second start has nothing to do.
      try FileManager.default.removeItem(atPath: copy)
      try open(path).close()
      #expect(!FileManager.default.fileExists(atPath: copy))
    }
  }

  @Test("its jobs go on: each state as it would have")
  func goesOn() throws {
    try withStore { path in
      let store = try open(path)
      defer { store.close() }
      let answer = try store.perform(EndNode(node: NodeID(2), detail: "killed by signal 9"))
      #expect(answer == EndNodeAnswer(requeued: 6, lost: 3, ended: 0))
      let node = try store.perform(
        Hello(node: nil, process: TestStore.process(), inventory: [])
      ).node
      let kinds = [
        JobKind(plugin: "bench", action: "sleep"), JobKind(plugin: "witness", action: "idempotent"),
      ]
      let runs = try store.perform(ClaimJobs(node: node, kinds: kinds, limit: 100)).leases.map(\.run)
      #expect(runs.count == 9)
      for act in [RunWrite.Act.start, .finish(RunEnd(code: 0))] {
        let answers = try store.perform(WriteRuns(node: node, items: runs.map { RunWrite($0, act) }))
        #expect(answers.allSatisfy { $0 == .done })
      }
      #expect(try store.perform(CheckStore()).problems.isEmpty)
      let counts = try store.perform(CountJobs())
      #expect(counts["succeeded"] == 12 && counts["lost"] == 4 && counts["ready"] == 0)
      #expect(
        try store.perform(FindRecords(entity: 3, match: .init(field: 1, value: .string("web-1")), limit: 5))
          .count == 1)
    }
  }

  @Test("is left as it is where it may not be brought up to date")
  func refused() throws {
    try withStore { path in
      let bytes = try rows(path)
      let error = refusal { try open(path, mayMigrate: false) }
      #expect(error?.code == .olderSchema && error?.message.contains("has schema 1") == true)
      #expect(error?.cure.contains("without --no-migrate") == true)
      #expect(try rows(path) == bytes && schema(path) == 1)
      #expect(!FileManager.default.fileExists(atPath: path + ".schema-1.backup"))
    }
  }

  @Test(
    "whichever call to the disk fails on the way, the old rows are there, and the next start goes on",
    arguments: [(DiskFault.Operation.write, DiskFault.Failure.full), (.write, .short), (.sync, .error)])
  func faults(_ operation: DiskFault.Operation, _ failure: DiskFault.Failure) throws {
    let before = try rows(Self.golden)
    var failed = 0
    var number = 1
    var wasReached = true
    while wasReached {
      try withStore { path in
        let disk = FaultyDisk([DiskFault(operation, number, failure, lasts: true)])
        if let error = refusal({ try open(path, disk: disk).close() }) {
          #expect(error.code == .database && error.message.contains(path), "\(error)")
          failed += 1
        }
        wasReached = disk.calls(operation) >= number
        #expect(try rows(path) == before, "\(operation) \(number)")
        let store = try open(path)
        #expect(try store.perform(CheckStore()).problems.isEmpty)
        store.close()
        #expect(try rows(path) == before && schema(path) == Migrations.newest)
      }
      number += operation == .write ? 3 : 1
    }
    #expect(failed > 3)
  }
}
