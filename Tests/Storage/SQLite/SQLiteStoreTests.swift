import DataModel
import Foundation
import SQLiteStorage
import Storage
import TestSupport
import Testing

@Suite("SQLite")
struct SQLiteStoreTests {
  private func plan(_ connection: SQLiteConnection, _ sql: String, _ parameters: Int) throws -> [String] {
    var steps: [String] = []
    let values = [SQLValue](repeating: .int(1), count: parameters)
    try connection.query("explain query plan " + sql, values) { steps.append($0.text(3)) }
    return steps
  }

  @Test("a claim and the list of a node's jobs read by primary keys alone")
  func plans() throws {
    let test = try TestStore()
    defer { test.end() }
    let connection = try SQLiteConnection(path: test.path, isReader: true)
    defer { connection.close() }
    #expect(
      try plan(connection, ClaimJobs.queueQuery, 3) == [
        "SEARCH r USING PRIMARY KEY (kind=? AND job>?)", "SEARCH l USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH s USING INTEGER PRIMARY KEY (rowid=?)",
      ])
    #expect(
      try plan(connection, EndNode.jobsOfNode, 1) == [
        "SEARCH a USING PRIMARY KEY (node=?)", "SEARCH l USING INTEGER PRIMARY KEY (rowid=?)",
      ])
    #expect(
      try plan(connection, ClaimJobs.cancelsQuery, 1) == [
        "SEARCH c USING PRIMARY KEY (node=?)", "SEARCH l USING INTEGER PRIMARY KEY (rowid=?)",
      ])
    #expect(
      try plan(connection, ClaimReconciles.dueQuery, 3) == [
        "SEARCH o USING INDEX job_lost_due (kind=? AND due_at<?)",
        "SEARCH l USING INTEGER PRIMARY KEY (rowid=?)", "SEARCH s USING INTEGER PRIMARY KEY (rowid=?)",
      ])
  }

  @Test("records are found by an index in each field that they are looked for by")
  func searchableFields() throws {
    let test = try TestStore()
    defer { test.end() }
    let connection = try SQLiteConnection(path: test.path, isReader: true)
    defer { connection.close() }
    for entity in Catalogue.standard.entities {
      let fields = entity.fields.filter { $0.isSearchable || $0.name == entity.naturalKey }
      #expect(!fields.isEmpty)
      for field in fields {
        let sql = "select id from record_\(entity.name) where \"\(field.name)\" = $1 order by id limit $2"
        let steps = try plan(connection, sql, 2)
        #expect(steps.count == 1 && steps[0].hasPrefix("SEARCH"), "\(entity.name).\(field.name): \(steps)")
      }
    }
  }

  @Test("the store's files are their owner's alone")
  func privateFiles() throws {
    let test = try TestStore()
    defer { test.end() }
    for suffix in ["", "-wal", "-shm"] {
      let facts = try FileManager.default.attributesOfItem(atPath: test.path + suffix)
      #expect(facts[.posixPermissions] as? Int == 0o600, "\(suffix)")
    }
  }

  @Test("what was committed is there after the store was opened again")
  func reopened() throws {
    let test = try TestStore()
    defer { test.end() }
    let run = try test.running(try test.makeNode())
    test.direct.close()
    let again = try SQLiteStore.open(path: test.path, walBytes: 1 << 20, clock: { 5 })
    defer { again.close() }
    #expect(try again.perform(GetJob(job: run.job))?.status == .live(.running))
    let next = try again.perform(
      SubmitJobs(batchID: TestStore.batchID(), jobs: [JobRequest(kind: TestStore.kind)]))
    #expect(next[0] > run.job)
  }

  @Test("what was committed is there after the process died: the files as they lie are enough")
  func copied() throws {
    let test = try TestStore()
    defer { test.end() }
    let ids = try test.submit(10)
    let copy = test.folder + "/copy.db"
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(atPath: test.path + suffix, toPath: copy + suffix)
    }
    let store = try SQLiteStore.open(path: copy, walBytes: 1 << 20, clock: { 5 })
    defer { store.close() }
    #expect(try store.perform(ListJobs()).map(\.id) == ids.reversed())
  }

  @Test("the WAL has its length from the start, keeps it under load, and after the end")
  func walLength() throws {
    let test = try TestStore()
    defer { test.end() }
    let size = { (try? FileManager.default.attributesOfItem(atPath: test.path + "-wal"))?[.size] as? Int }
    #expect(size() == 1 << 20)
    let node = try test.makeNode()
    for _ in 0..<60 {
      _ = try test.submit(50)
      for lease in try test.claim(node, limit: 50) { _ = try test.write(node, lease.run, .handBack) }
    }
    #expect(size() == 1 << 20)
    test.direct.close()
    #expect(size() == 1 << 20)
  }

  @Test("durability is not traded away")
  func pragmas() throws {
    let test = try TestStore()
    defer { test.end() }
    let connection = try SQLiteConnection(path: test.path)
    defer { connection.close() }
    #expect(try connection.number("pragma synchronous", []) == 2)
    #expect(try connection.number("pragma foreign_keys", []) == 1)
    var mode = ""
    try connection.query("pragma journal_mode", []) { mode = $0.text(0) }
    #expect(mode == "wal")
  }

  @Test("a reading connection can change nothing")
  func reader() throws {
    let test = try TestStore()
    defer { test.end() }
    let connection = try SQLiteConnection(path: test.path, isReader: true)
    defer { connection.close() }
    #expect(refusal { try connection.run("delete from counter", []) }?.code == .database)
  }

  @Test("the database holds references too, should a check be missing")
  func foreignKeys() throws {
    let test = try TestStore()
    defer { test.end() }
    let connection = try SQLiteConnection(path: test.path)
    defer { connection.close() }
    let error = refusal {
      try connection.run(
        "insert into record_environment (id, version, name, handler) values (1, 1, 'a', 9)", [])
    }
    #expect(error?.message.contains("FOREIGN KEY") == true)
  }

  @Test("every kind of value goes in and comes out")
  func values() throws {
    let test = try TestStore()
    defer { test.end() }
    let connection = try SQLiteConnection(path: test.path)
    defer { connection.close() }
    try connection.run("create temp table t (a, b, c, d, e, f)", [])
    let values: [SQLValue] = [.null, .int(Int64.min), .real(-0.5), .text(""), .text("é\u{0}x"), .blob([])]
    try connection.run("insert into t values ($1, $2, $3, $4, $5, $6)", values)
    try connection.query("select a, b, c, d, e, f, typeof(d), typeof(f) from t", []) { row in
      #expect(row.isNull(0) && row.optionalInt(0) == nil && row.optionalText(0) == nil)
      #expect(row.int(1) == Int64.min && row.real(2) == -0.5 && row.text(3).isEmpty)
      #expect(row.text(4) == "é\u{0}x" && row.blob(5).isEmpty)
      #expect(row.text(6) == "text" && row.text(7) == "blob")
    }
    let error = refusal { try connection.run("insert into t values ($1, $2, $3, $4, $5, $6)", [.null]) }
    #expect(error?.message.contains("6 parameters") == true)
  }
}
