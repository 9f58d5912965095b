import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing

@Suite("Doctor, on real engines")
struct DoctorVerbTests {
  /// What `doctor --json` said, by id, with its exit code.
  private struct Said {
    let exitCode: Int32
    let checks: [String: (outcome: String, text: String)]

    init(_ arguments: [String]) throws {
      let run = try CommandRun(["doctor", "--json"] + arguments)
      exitCode = run.exitCode
      let document = try #require(
        JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any],
        "\(run.output)\(run.errors)")
      var checks: [String: (outcome: String, text: String)] = [:]
      for check in document["checks"] as? [[String: Any]] ?? [] {
        let evidence = check["evidence"] as? [String] ?? []
        let text = evidence.joined(separator: "\n") + "\n" + (check["cure"] as? String ?? "")
        checks[check["id"] as? String ?? ""] = (check["outcome"] as? String ?? "", text)
      }
      self.checks = checks
    }

    func outcome(_ id: String) -> String? { checks[id]?.outcome }
    func text(_ id: String) -> String { checks[id]?.text ?? "" }
  }

  @Test("without an engine: a note says so, nothing is made, and a wrong glob is wrong use")
  func noEngine() async throws {
    try await onThread {
      let folder = try TestStore.makeFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let store = ["--store", "sqlite:\(folder)/jobs.db"]
      let said = try Said(store)
      #expect(said.outcome("engine.serves") == "note" && said.outcome("store.file") == "note")
      #expect(said.outcome("workers.present") == nil)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
      let only = try Said(store + ["--only", "engine.*"])
      #expect(only.exitCode == 0 && Array(only.checks.keys) == ["engine.serves"])
      #expect(try CommandRun(["doctor", "--only", "nothing"] + store).exitCode == 64)
      let gone = try Said(["--store", "sqlite:\(folder)/no/such/jobs.db", "--only", "store.*"])
      #expect(gone.exitCode == 1 && gone.outcome("store.folder") == "fault")
    }
  }

  @Test(
    "an engine with a refused plug-in and a lost job: both are told with what to do; stopped, it is a fault; killed, its socket is"
  )
  func sickEngine() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      try engine.install(Sample.witness(), as: "witness.so")
      try engine.start()
      try engine.waitForPlugin("witness")
      let store = ["--store", engine.storeArgument]
      let well = try Said(store)
      #expect(
        well.outcome("engine.serves") == "ok" && well.outcome("plugins.refused") == "ok", "\(well.checks)")
      #expect(well.outcome("jobs.lost") == "ok" && well.outcome("workers.present") == "ok")
      #expect(well.text("plugins.directory").hasPrefix(engine.pluginFolder))

      try "no plug-in".write(toFile: engine.pluginFolder + "/bad.so", atomically: true, encoding: .utf8)
      try engine.waitForPlugins { $0.files.contains { $0.file == "bad.so" && $0.state == .refused } }
      let client = try engine.client()
      let id = try client.submit(
        Submission(
          action: "witness:never",
          assignments: [(name: "file", text: engine.folder + "/w"), (name: "work_ms", text: "600000")]))[0]
      _ = try client.watch(id) { $0.status != .live(.running) }
      for worker in try engine.workers() { worker.signal(SIGKILL) }
      _ = try client.watch(id) { $0.status != .live(.lost) }
      let sick = try Said(store)
      #expect(sick.exitCode == 1)
      #expect(sick.outcome("plugins.refused") == "warning" && sick.text("plugins.refused").contains("bad.so"))
      #expect(sick.outcome("jobs.lost") == "warning")
      #expect(sick.text("jobs.lost").contains("bulkhead jobs resolve \(id)"), "\(sick.text("jobs.lost"))")

      engine.serve?.signal(SIGSTOP)
      let stopped = try Said(store + ["--only", "engine.serves"])
      engine.serve?.signal(SIGCONT)
      #expect(stopped.exitCode == 1 && stopped.outcome("engine.serves") == "fault", "\(stopped.checks)")

      engine.killServe()
      let killed = try Said(store)
      #expect(killed.outcome("engine.serves") == "note" && killed.outcome("socket.file") == "warning")
      #expect(killed.outcome("store.schema") == "ok", "\(killed.text("store.schema"))")
    }
  }
}
