import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing

@Suite("End to end: killed while the store changes", .timeLimit(.minutes(5)))
struct StoreKillTests {

  @Test(
    "killed at any point of a migration, the store opens, with all its jobs",
    arguments: [
      "migration.before_copy", "copy.written", "copy.named", "migration.copied", "migration.statement:1",
      "migration.statement:6", "migration.statement:12", "migration.before_commit", "migration.after_commit",
      "disk.write:1", "disk.write:30", "disk.write:70", "disk.sync:2", "disk.sync:3",
    ])
  func migration(_ point: String) async throws {
    try await onThread {
      let test = try StoreEngine()
      let engine = test.engine
      defer { engine.end() }
      try OldStore.copy(to: engine.folder + "/bulkhead.db", folder: engine.folder)
      try engine.install(Sample.witness(), as: "witness.so")
      #expect(throws: RunningEngine.Failure.self) {
        try engine.start(environment: ["BULKHEAD_FAULT": point + "=kill"])
      }
      engine.killServe()
      try engine.start()
      let check = try test.command("store", "check", "--json")
      #expect(check.exitCode == 0, "\(check.output)\(check.errors)")
      let client = try engine.client()
      #expect(try client.jobs(ListJobs(limit: 100)).count == 21)
      // What had not started runs now.
      #expect(try test.outcomes([18, 19, 20].map { JobID($0) }) == ["succeeded"])
      let copy = engine.folder + "/bulkhead.db.schema-1.backup"
      #expect(FileManager.default.fileExists(atPath: copy))
      let left = try FileManager.default.contentsOfDirectory(atPath: engine.folder)
      #expect(left.allSatisfy { !$0.hasSuffix(".new") || point == "copy.written" }, "\(left)")
    }
  }

  @Test("killed in the middle of pruning, the next engine goes on, and no job is half there")
  func pruning() async throws {
    try await StoreEngine.run(["--keep-jobs", "1ms", "--keep-logs", "1ms"]) { test in
      let engine = test.engine
      let old = try test.submit(1500)
      #expect(try test.outcomes(old) == ["succeeded"])
      engine.killServe()
      try engine.start(environment: ["BULKHEAD_FAULT": "prune.round:3=kill"])
      #expect(engine.serve?.waitForEnd(milliseconds: 30_000) == "killed by signal 9")
      engine.killServe()
      let check = try test.command("store", "check", "--json")
      #expect(check.exitCode == 0, "\(check.output)\(check.errors)")
      try engine.start()
      let client = try engine.client()
      #expect(try test.eventually { try client.jobs(ListJobs(limit: 1)).isEmpty })
      let shown = try test.command("jobs", "show", "1")
      #expect(
        shown.exitCode == 6 && shown.errors.contains("job 1 has ended and was removed"), "\(shown.errors)")
      #expect(try test.submit(1)[0].rawValue == 1501)
    }
  }

  @Test("asked to end while jobs are submitted: what was accepted is there, and nothing else is said")
  func stopUnderLoad() async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      var accepted: [JobID] = []
      let store = try engine.connect()
      var refused: StoreError?
      while refused == nil {
        do throws(any Error) {
          accepted += try test.submit(50, store: store)
          if accepted.count == 500 { engine.serve?.signal(SIGTERM) }
        } catch {
          refused = error as? StoreError
        }
      }
      #expect([.closed, .inDoubt, .noEngine].contains(refused?.code), "\(String(describing: refused))")
      #expect(engine.serve?.waitForEnd(milliseconds: 60_000) == "ended with exit code 0")
      engine.killServe()
      try test.start()
      #expect(try test.outcomes(accepted) == ["succeeded"])
      #expect(try test.command("store", "check").exitCode == 0)
    }
  }

  @Test(
    "asked to end while it copies, migrates, prunes or looks at plug-ins, it ends in order",
    arguments: ["copy.written", "migration.statement:7", "migration.before_commit", "prune.round", "scan"])
  func stopInTheMiddle(_ point: String) async throws {
    try await onThread {
      let test = try StoreEngine()
      let engine = test.engine
      defer { engine.end() }
      try OldStore.copy(to: engine.folder + "/bulkhead.db", folder: engine.folder)
      try engine.install(Sample.witness(), as: "witness.so")
      try test.installPad()
      let command = try StartedCommand(
        ["serve", "--store", engine.storeArgument, "--plugins", engine.pluginFolder],
        environment: point == "scan" ? [:] : ["BULKHEAD_FAULT": point + "=stop"])
      if point == "scan" {
        // The socket is there before the first look at the plug-ins has ended.
        #expect(try test.eventually { FileManager.default.fileExists(atPath: engine.socketPath) })
        command.signal(SIGTERM)
      } else {
        #expect(try test.eventually { command.isStopped })
        command.signal(SIGTERM)
        command.signal(SIGCONT)
      }
      #expect(command.end() == 0, "\(command.text)")
      try engine.start()
      #expect(try engine.client().jobs(ListJobs(limit: 100)).count == 21)
      #expect(try test.command("store", "check").exitCode == 0)
    }
  }
}
