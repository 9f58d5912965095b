import DataModel
import Foundation
import SQLiteStorage
import Storage
import TestSupport
import Testing

@Suite("Opening a database")
struct MigrationTests {
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = try TestStore.makeFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func open(_ path: String) throws -> SQLStore {
    try SQLiteStore.open(path: path, walBytes: 1 << 20, clock: { 1 })
  }

  @Test("the schema is the one of the golden file")
  func golden() throws {
    let test = try TestStore()
    defer { test.end() }
    let connection = try SQLiteConnection(path: test.path, isReader: true)
    defer { connection.close() }
    let text = try Migrations.describe(connection)
    let path = PackageRoot.path + "/Tests/Golden/schema-sqlite.sql"
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text == golden, "the schema changed: add a migration, then run the tests with UPDATE_GOLDEN=1")
  }

  @Test("an empty file, and a database without tables, become stores")
  func empty() throws {
    try inFolder { folder in
      let empty = folder + "/empty.db"
      try Data().write(to: URL(fileURLWithPath: empty))
      let store = try open(empty)
      #expect(try store.perform(ListJobs()).isEmpty)
      store.close()
      let bare = folder + "/bare.db"
      let connection = try SQLiteConnection(path: bare)
      try connection.run("create table t (a)", [])
      try connection.run("drop table t", [])
      connection.close()
      let second = try open(bare)
      #expect(try second.perform(ListJobs()).isEmpty)
      second.close()
    }
  }

  @Test("opening twice changes nothing")
  func twice() throws {
    try inFolder { folder in
      let path = folder + "/a.db"
      for _ in 0..<2 { try open(path).close() }
      let connection = try SQLiteConnection(path: path)
      defer { connection.close() }
      #expect(try connection.number("select count(*) from schema_version", []) == Migrations.newest)
    }
  }

  @Test("a store of a newer version is refused with what to do, and left as it is")
  func newer() throws {
    try inFolder { folder in
      let path = folder + "/a.db"
      try open(path).close()
      let connection = try SQLiteConnection(path: path)
      try connection.run("insert into schema_version (version, applied_at) values (99, 1)", [])
      connection.close()
      let error = refusal { try open(path) }
      #expect(error?.code == .newerSchema)
      #expect(error?.message.contains("schema is 99") == true && error?.message.contains(path) == true)
      #expect(error?.cure == "run the newer bulkhead, or name another store with --store")
    }
  }

  @Test("a file that is no database is refused and left as it is")
  func notADatabase() throws {
    try inFolder { folder in
      let path = folder + "/notes.txt"
      let text = String(repeating: "my notes\n", count: 1000)
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let error = refusal { try open(path) }
      #expect(error?.message.hasPrefix("\(path) is not a database") == true)
      #expect(error?.cure.isEmpty == false)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
  }

  @Test("the database of another program is refused")
  func foreign() throws {
    try inFolder { folder in
      let path = folder + "/mail.db"
      let connection = try SQLiteConnection(path: path)
      try connection.run("create table mails (id integer primary key)", [])
      connection.close()
      let error = refusal { try open(path) }
      #expect(error?.code == .database && error?.message.contains("another program") == true)
    }
  }

  @Test(
    "a place where nothing can be written is named",
    arguments: ["/nowhere/at/all/a.db", "/proc/a.db", "/tmp"])
  func unwritable(_ path: String) {
    let error = refusal { try open(path) }
    #expect(error?.code == .database)
    #expect(error?.message.hasPrefix("\(path) cannot be opened") == true, "\(error?.message ?? "")")
    #expect(error?.cure.contains("folder") == true)
  }

  @Test("a file that another program holds is said to be held")
  func held() throws {
    try inFolder { folder in
      let path = folder + "/a.db"
      try open(path).close()
      let other = try SQLiteConnection(path: path)
      defer { other.close() }
      try other.begin(.write)
      let writer = try SQLiteConnection(path: path, busyMilliseconds: 1)
      defer { writer.close() }
      let error = refusal { try writer.begin(.write) }
      #expect(error?.code == .database && error?.message.contains("held by another program") == true)
      #expect(error?.cure.contains("bulkhead serve") == true)
    }
  }
}
