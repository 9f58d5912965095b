import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport
import Testing

@Suite("End to end: the store's file", .timeLimit(.minutes(5)))
struct StoreVerbTests {
  private func write(_ bytes: Data, at offset: UInt64, of path: String) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.seek(toOffset: offset)
    try file.write(contentsOf: bytes)
    try file.close()
  }

  @Test("a copy of a store in use is a store, and checks and copies work without an engine too")
  func backup() async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      let ids = try test.submit(300)
      let copy = engine.folder + "/copy one's.db"
      let made = try test.command("store", "backup", copy)
      #expect(made.exitCode == 0 && made.output.contains("checked"), "\(made.errors)")
      let again = try test.command("store", "backup", copy)
      #expect(again.exitCode == 7 && again.errors.contains("is there already"), "\(again.errors)")
      let nowhere = try test.command("store", "backup", engine.folder + "/no/folder/a.db")
      #expect(nowhere.exitCode == 7 && nowhere.errors.contains("cannot"), "\(nowhere.errors)")
      #expect(try test.outcomes(ids) == ["succeeded"])
      #expect(try test.command("store", "check").output.contains("is in order"))
      engine.killServe(SIGTERM)
      let alone = try test.command("store", "check", "--json")
      #expect(alone.exitCode == 0 && alone.output.contains("\"jobs\":300"), "\(alone.output)\(alone.errors)")
      #expect(try test.command("store", "backup", engine.folder + "/two.db").exitCode == 0)
      // The copy in the store's place.
      for suffix in ["", "-wal", "-shm"] {
        try? FileManager.default.removeItem(atPath: engine.folder + "/bulkhead.db" + suffix)
      }
      try FileManager.default.moveItem(atPath: copy, toPath: engine.folder + "/bulkhead.db")
      try test.start()
      #expect(try test.outcomes(ids) == ["succeeded"])
      let missing = try CommandRun(["store", "check", "--store", "sqlite:\(engine.folder)/none.db"])
      #expect(missing.exitCode == 6, "\(missing.errors)")
    }
  }

  @Test(
    "a damaged store: writes stop, the engine says so, and the next one does not start before it is restored")
  func damaged() async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      _ = try test.outcomes(try test.submit(400, text: 3000))
      let path = engine.folder + "/bulkhead.db"
      #expect(try test.command("store", "backup", path + ".copy").exitCode == 0)
      engine.killServe(SIGTERM)
      try FileManager.default.removeItem(atPath: path + "-wal")
      try write(Data(repeating: 0x5A, count: 800_000), at: 200_000, of: path)
      let check = try test.command("store", "check")
      #expect(check.exitCode == 1 && check.output.contains("is damaged"), "\(check.output)\(check.errors)")
      // It may open, as long as nobody comes to the damage; then it says so and writes no more.
      try? engine.start()
      if (try? engine.connect()) != nil {
        let list = try test.command("jobs", "list", "--limit", "1000")
        #expect(list.exitCode == 7 && list.errors.contains("is damaged"), "\(list.errors)")
        #expect(engine.waitForOutput("nothing more is written to it"))
        let submit = refusal { try test.submit(1) }
        #expect(submit?.code == .damaged, "\(String(describing: submit))")
      }
      engine.killServe()
      let refused = try test.refusedServe()
      #expect(refused.exitCode == 7 && refused.errors.contains("is damaged"), "\(refused.errors)")
      for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
      try FileManager.default.moveItem(atPath: path + ".copy", toPath: path)
      try test.start()
      #expect(try engine.client().jobs(ListJobs(limit: 1000)).count == 400)
    }
  }

  @Test("files that are no store are refused with 7, their name and a cure, and left as they are")
  func noStores() async throws {
    try await onThread {
      let test = try StoreEngine()
      let engine = test.engine
      defer { engine.end() }
      let path = engine.folder + "/bulkhead.db"
      let refuse = { (content: Data?, what: String) throws in
        try? FileManager.default.removeItem(atPath: path)
        if let content {
          try content.write(to: URL(fileURLWithPath: path))
        } else {
          try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
        let run = try test.refusedServe()
        #expect(run.exitCode == 7 && run.errors.contains(path), "\(what): \(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 2, "\(what): \(run.errors)")
        if let content { #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content, "\(what)") }
      }
      let golden = try Data(
        contentsOf: URL(fileURLWithPath: PackageRoot.path + "/Tests/Golden/stores/schema-1.db"))
      try refuse(nil, "a folder")
      try refuse(Data(String(repeating: "notes\n", count: 900).utf8), "a text")
      try refuse(golden.prefix(60_000), "a file that was cut off")
      try refuse(Data(repeating: 7, count: 8192), "noise")
    }
  }

  @Test("an old store is refused with --no-migrate, and a place that cannot be written is named")
  func refusals() async throws {
    try await onThread {
      let test = try StoreEngine()
      let engine = test.engine
      defer { engine.end() }
      try FileManager.default.copyItem(
        atPath: PackageRoot.path + "/Tests/Golden/stores/schema-1.db", toPath: engine.folder + "/bulkhead.db")
      let old = try test.refusedServe("--no-migrate")
      #expect(old.exitCode == 7 && old.errors.contains("start without --no-migrate"), "\(old.errors)")
      for place in ["/proc/a.db", "/nowhere/at/all/a.db"] {
        let run = try CommandRun(["serve", "--plugins", engine.pluginFolder, "--store", "sqlite:" + place])
        #expect(run.exitCode == 7 && run.errors.contains(place), "\(run.errors)")
      }
    }
  }

  @Test("an empty file becomes a store")
  func empty() async throws {
    try await onThread {
      let test = try StoreEngine()
      defer { test.engine.end() }
      try Data().write(to: URL(fileURLWithPath: test.engine.folder + "/bulkhead.db"))
      try test.installPad()
      try test.start()
      #expect(try test.outcomes(test.submit(3)) == ["succeeded"])
    }
  }

  @Test("events and log lines come in pages, all of them, and to the end of the job")
  func pages() async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      let id = try test.submit(1)[0]
      #expect(try test.outcomes([id]) == ["succeeded"])
      let first = try test.command("jobs", "events", "\(id)", "--limit", "3", "--json")
      #expect(
        first.output.contains("\"next_after\":3") && first.output.contains("started"), "\(first.output)")
      let rest = try test.command("jobs", "events", "\(id)", "--after", "3", "--json")
      #expect(
        rest.output.contains("\"next_after\":null") && !rest.output.contains("claimed"), "\(rest.output)")
      let long = try test.submit(1, milliseconds: 3000)[0]
      let follow = try test.command("jobs", "events", "\(long)", "--follow")
      #expect(follow.exitCode == 0 && follow.output.contains("returned"), "\(follow.output)")
      #expect(follow.output.split(separator: "\n").count { $0.contains("REASON") } == 1)
      #expect(try test.command("jobs", "logs", "\(id)", "--limit", "1").output.contains("held"))
      for wrong in [["--limit", "0"], ["--after", "-1"], ["--follow", "--json"]] {
        let run = try CommandRun(["jobs", "events", "1"] + wrong + ["--store", engine.storeArgument])
        #expect(run.exitCode == 64, "\(wrong): \(run.errors)")
      }
    }
  }
}
