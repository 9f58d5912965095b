import DataModel
import Foundation
import SQLiteStorage
import Storage
import TestSupport
import Testing

@Suite("A damaged store")
struct DamageTests {
  /// A closed store with many jobs, and a copy of it made in time.
  private func withStore(_ body: (_ path: String, _ copy: String) throws -> Void) throws {
    let test = try TestStore()
    defer { test.end() }
    for _ in 0..<4 { _ = try test.submit(500) }
    let copy = test.folder + "/copy.db"
    _ = try SQLiteStore.backUp(test.path, to: copy)
    test.direct.close()
    // All of it is in the file itself; the log would heal what is damaged here.
    try FileManager.default.removeItem(atPath: test.path + "-wal")
    try body(test.path, copy)
  }

  private func open(_ path: String) throws -> SQLStore {
    try SQLiteStore.open(path: path, walBytes: 1 << 17, clock: { 1 })
  }

  /// Overwrites pages, from the second on: the first holds the schema.
  private func damage(_ path: String, pages: ClosedRange<Int>) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: UInt64(pages.lowerBound) * 4096)
    try file.write(contentsOf: Data(repeating: 0xA5, count: pages.count * 4096))
    try file.close()
  }

  private func bytes(_ path: String) throws -> [Data] {
    try ["", "-wal"].map { try Data(contentsOf: URL(fileURLWithPath: path + $0)) }
  }

  @Test("damage that is met is said with the file and the cure, and nothing is written any more")
  func met() throws {
    try withStore { path, copy in
      // The first tables are whole, so that it opens.
      try damage(path, pages: 60...110)
      let store = try open(path)
      var found: StoreError?
      var before = JobID(0)
      while found == nil {
        found = refusal {
          let page = try store.perform(ListJobs(before: before, limit: 100))
          guard let last = page.last else { throw StoreError(.invalid, "nothing was found") }
          before = last.id
        }
      }
      #expect(found?.code == .damaged && found?.message.hasPrefix("\(path) is damaged") == true)
      // The log would be laid over a copy that is put beside it.
      for suffix in ["", "-wal", "-shm", ".damaged"] {
        #expect(found?.cure.contains(path + suffix) == true, "\(found?.cure ?? "")")
      }
      #expect(found?.cure.contains("bulkhead store backup") == true)
      let files = try bytes(path)
      for _ in 0..<3 {
        let submit = SubmitJobs(batchID: TestStore.batchID(), jobs: [JobRequest(kind: TestStore.kind)])
        #expect(refusal { try store.perform(submit) } == found)
      }
      #expect(try bytes(path) == files)
      store.close()
      // The next start looks before it goes on.
      let refused = refusal { try open(path) }
      #expect(
        refused?.code == .damaged
          && refused?.cure.contains("\(path)-wal, \(path)-shm and \(path).damaged") == true)
      let report = try SQLiteStore.check(path)
      #expect(!report.problems.isEmpty)
      // A whole copy in its place serves again, and the mark goes.
      for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
      try FileManager.default.copyItem(atPath: copy, toPath: path)
      let restored = try open(path)
      #expect(try restored.perform(CountJobs())["ready"] == 2000)
      restored.close()
      #expect(!FileManager.default.fileExists(atPath: path + ".damaged"))
    }
  }

  @Test("a file that was cut off is refused", arguments: [4096, 8192 + 100, 100_000])
  func cut(_ length: UInt64) throws {
    try withStore { path, _ in
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try file.truncate(atOffset: length)
      try file.close()
      let error = refusal {
        let store = try open(path)
        defer { store.close() }
        while true {
          _ = try store.perform(CheckStore()).problems.first.map { throw StoreError(.damaged, $0) }
        }
      }
      #expect(error?.code == .damaged, "\(String(describing: error))")
    }
  }

  @Test("what has the name of an unfinished copy is left alone, and named")
  func unfinished() throws {
    try withStore { path, copy in
      let (other, theirs) = (copy + "2", copy + "2.new")
      try "mine".write(toFile: theirs, atomically: true, encoding: .utf8)
      let error = refusal { try SQLiteStore.backUp(path, to: other) }
      #expect(error?.message == "\(theirs) is there already")
      #expect(try String(contentsOfFile: theirs, encoding: .utf8) == "mine")
      #expect(!FileManager.default.fileExists(atPath: other))
      try FileManager.default.removeItem(atPath: theirs)
      #expect(try SQLiteStore.backUp(path, to: other).problems.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: theirs))
    }
  }

  @Test("a copy of a damaged store is not made")
  func noCopy() throws {
    try withStore { path, copy in
      try damage(path, pages: 60...110)
      let error = refusal { try SQLiteStore.backUp(path, to: copy + "2") }
      #expect(error?.code == .damaged)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)
          .allSatisfy { !$0.hasPrefix("copy.db2") })
    }
  }

  @Test("a head that is overwritten is no database any more")
  func head() throws {
    try withStore { path, _ in
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try file.write(contentsOf: Data("not a database at all".utf8))
      try file.close()
      let error = refusal { try open(path) }
      #expect(error?.message.hasPrefix("\(path) is not a database") == true && error?.cure.isEmpty == false)
    }
  }

  @Test("rules between tables that are broken are named")
  func rules() throws {
    let test = try TestStore()
    defer { test.end() }
    _ = try test.submit(3)
    #expect(try test.store.perform(CheckStore()).problems.isEmpty)
    let connection = try SQLiteConnection(path: test.path)
    defer { connection.close() }
    try connection.run("delete from job_ready where job = 2", [])
    try connection.run("update counter set value = 2 where name = 'job'", [])
    let problems = try test.store.perform(CheckStore()).problems
    #expect(problems.count == 2)
    #expect(problems.contains { $0.hasPrefix("a ready job is queued, and no other: 1 ") })
  }
}
