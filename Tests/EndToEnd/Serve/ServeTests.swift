import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing
import Threading

/// A real `serve` with real plug-ins: what happens to jobs when processes come and go.
@Suite(.serialized) struct ServeTests {
  @Test("a dropped plug-in is taken without a restart, its job runs and gives its result")
  func drop() async throws {
    try await withEngine { engine in
      try engine.install(
        Sample.build("SamplePlugins/checksum/checksum.c", flags: ["-lcrypto"]), as: "checksum.so")
      try engine.waitForPlugin("checksum")
      let client = try engine.client()
      let folder = engine.folder + "/tree"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try "hello\n".write(toFile: folder + "/a.txt", atomically: true, encoding: .utf8)
      let job = try run(client, "checksum:tree", ["path": folder])
      #expect(job.status.name == "succeeded")
      #expect(try result(job)["files"] == .int(1))
    }
  }

  @Test("copies of plug-ins that nobody has any more are removed at the next start, those in use are kept")
  func copies() async throws {
    try await withEngine(["witness"]) { engine in
      let copies = {
        try FileManager.default.contentsOfDirectory(atPath: engine.folder + "/bulkhead.db.plugins").filter {
          $0.hasSuffix(".so")
        }.count
      }
      try FileManager.default.removeItem(atPath: engine.pluginFolder + "/witness.so")
      try engine.install(Sample.bench(), as: "bench.so")
      try engine.waitForPlugins { list in
        list.files.contains { $0.file == "witness.so" && $0.state == .removed }
      }
      try engine.waitForPlugin("bench")
      // Its worker lives on and has the code of both.
      engine.killServe()
      try engine.start()
      #expect(try copies() == 2)
      engine.killServe(SIGTERM)
      try engine.start()
      #expect(try copies() == 1)
      try engine.waitForPlugin("bench")
    }
  }

  @Test("a killed worker is replaced within a second, and its jobs tell their true story")
  func workerKilled() async throws {
    try await withEngine(["witness"]) { engine in
      let client = try engine.client()
      let never = try submit(client, engine, "witness:never", work: 600_000)
      let idempotent = try submit(client, engine, "witness:idempotent", work: 600_000)
      for id in [never, idempotent] { try running(client, id) }
      let begun = MonotonicClock.nanoseconds
      for worker in try engine.workers() { worker.signal(SIGKILL) }
      let lost = try client.watch(never) { _ in true }
      #expect(lost.status == .live(.lost))
      let again = try client.watch(idempotent) { !($0.status == .live(.running) && $0.attempt == 2) }
      #expect(again.attempt == 2)
      #expect(Double(MonotonicClock.nanoseconds - begun) / 1e9 < 5)
      let reasons = try client.events(never).map(\.reason)
      #expect(reasons == [.submitted, .claimed, .started, .workerEnded])
      let why = try client.why(never)
      #expect(why.contains { $0.text.contains("signal 9") }, "\(why)")
      _ = try client.cancel(idempotent)
    }
  }

  @Test("a killed serve costs no job: the next one adopts the worker and hears what was reached meanwhile")
  func serveKilled() async throws {
    try await withEngine(["witness"]) { engine in
      let client = try engine.client()
      let short = try submit(client, engine, "witness:never", work: 300)
      let long = try submit(client, engine, "witness:never", work: 600_000)
      for id in [short, long] { try running(client, id) }
      let worker = try engine.workers().map(\.facts.pid)
      engine.killServe()
      Bell().wait(milliseconds: 600)  // the short job ends while nobody serves
      try engine.start()
      let again = try engine.client()
      #expect(try again.watch(short) { _ in true }.status.name == "succeeded")
      let row = try again.job(long)
      #expect(row.status == .live(.running))
      #expect(row.attempt == 1)
      #expect(try engine.workers().map(\.facts.pid) == worker)
      _ = try again.cancel(long)
      #expect(try again.watch(long) { _ in true }.status.name == "cancelled")
      #expect(try entries(engine) == 2)
    }
  }

  @Test("serve and worker killed together: the next serve says what became of each job")
  func bothKilled() async throws {
    try await withEngine(["witness"]) { engine in
      let client = try engine.client()
      let never = try submit(client, engine, "witness:never", work: 600_000)
      let idempotent = try submit(client, engine, "witness:idempotent", work: 300)
      for id in [never, idempotent] { try running(client, id) }
      let workers = try engine.workers()
      engine.killServe()
      for worker in workers {
        worker.signal(SIGKILL)
        _ = worker.waitForEnd(milliseconds: 10_000)
      }
      try engine.start()
      let again = try engine.client()
      #expect(try again.watch(never) { _ in true }.status == .live(.lost))
      let row = try again.watch(idempotent) { _ in true }
      #expect(row.status.name == "succeeded")
      #expect(row.attempt == 2)
    }
  }

  @Test("TERM drains: running jobs finish, then the engine ends with 0")
  func drain() async throws {
    try await withEngine(["witness"]) { engine in
      let client = try engine.client()
      let id = try submit(client, engine, "witness:never", work: 400)
      try running(client, id)
      engine.serve?.signal(SIGTERM)
      #expect(engine.waitForOutput("draining: 1 jobs running; again = cancel them"))
      let how = engine.serve?.waitForEnd(milliseconds: 20_000)
      #expect(how == "ended with exit code 0")
      try engine.start()
      #expect(try engine.client().job(id).status.name == "succeeded")
    }
  }

  @Test("a second TERM cancels what runs, with its clean-up")
  func drainThenCancel() async throws {
    try await withEngine(["witness"]) { engine in
      let client = try engine.client()
      let id = try submit(client, engine, "witness:never", work: 600_000)
      try running(client, id)
      engine.serve?.signal(SIGTERM)
      #expect(engine.waitForOutput("draining"))
      engine.serve?.signal(SIGTERM)
      #expect(engine.serve?.waitForEnd(milliseconds: 20_000) == "ended with exit code 0")
      try engine.start()
      #expect(try engine.client().job(id).status.name == "cancelled")
    }
  }

  @Test("a third TERM kills: a job that ignores everything is lost, and the engine ends")
  func kill() async throws {
    try await withEngine([]) { engine in
      try engine.install(Sample.build("SamplePlugins/Misbehaving/ignores_cancel.c"), as: "ignores.so")
      try engine.waitForPlugin("ignores-cancel")
      let client = try engine.client()
      let id = try client.submit(
        Submission(action: "ignores-cancel:busy", assignments: [(name: "seconds", text: "600")]))[0]
      _ = try client.watch(id) { $0.progress == nil }  // it was entered
      for text in ["draining", "cancelling", "killing"] {
        engine.serve?.signal(SIGTERM)
        #expect(engine.waitForOutput(text))
      }
      #expect(engine.serve?.waitForEnd(milliseconds: 20_000) == "ended with exit code 0")
      try engine.start()
      #expect(try engine.client().job(id).status == .live(.lost))
    }
  }

  @Test("a second serve on the same store is refused, naming the first")
  func secondServe() async throws {
    try await withEngine([]) { engine in
      let second = try CommandRun(
        ["serve", "--store", engine.storeArgument, "--plugins", engine.pluginFolder])
      #expect(second.exitCode == 7)
      #expect(second.errors.contains("\(engine.serve?.facts.pid ?? 0)"), "\(second.errors)")
    }
  }

  @Test("a plug-in that is removed while its jobs wait: they wait on, and why says for what")
  func removedPlugin() async throws {
    try await withEngine(["witness"], arguments: ["--slots", "1"]) { engine in
      let client = try engine.client()
      let first = try submit(client, engine, "witness:never", work: 600_000)
      try running(client, first)
      let second = try submit(client, engine, "witness:never", work: 0)
      try FileManager.default.removeItem(atPath: engine.pluginFolder + "/witness.so")
      try engine.waitForPlugins { $0.files.contains { $0.state == .removed } }
      let why = try client.why(second)
      #expect(why.first?.code == "plugin_removed", "\(why)")
      #expect(try client.job(first).status == .live(.running))
      _ = try client.cancel(first)
      _ = try client.watch(first) { _ in true }
      #expect(try client.job(second).status == .live(.ready))
      try engine.install(Sample.build("SamplePlugins/witness/witness.c"), as: "witness.so")
      #expect(try client.watch(second) { _ in true }.status.name == "succeeded")
    }
  }

  @Test("a job past its deadline ends as timed_out")
  func deadline() async throws {
    try await withEngine(["witness"]) { engine in
      let client = try engine.client()
      let id = try client.submit(
        Submission(
          action: "witness:never",
          assignments: [(name: "file", text: engine.folder + "/w"), (name: "work_ms", text: "600000")],
          deadlineMilliseconds: 100))[0]
      #expect(try client.watch(id) { _ in true }.status.name == "timed_out")
    }
  }

  @Test("TERM before the worker's first word: the worker is told to end as soon as it speaks")
  func drainBeforeHello() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      try engine.start(environment: ["BULKHEAD_WORKER_FAULT": "worker.before_hello=stop"])
      #expect(engine.waitForOutput("started worker (pid "))
      let worker = try #require(Self.worker(engine.output))
      defer { worker.signal(SIGKILL) }
      let limit = MonotonicClock.nanoseconds + 10_000_000_000
      while Self.state(worker) != "T", MonotonicClock.nanoseconds < limit { Bell().wait(milliseconds: 5) }
      engine.serve?.signal(SIGTERM)
      #expect(engine.waitForOutput("draining"))
      worker.signal(SIGCONT)
      #expect(engine.serve?.waitForEnd(milliseconds: 10_000) == "ended with exit code 0")
    }
  }

  /// The process that the engine's output names.
  private static func worker(_ output: String) -> ProcessHandle? {
    let number = output.components(separatedBy: "started worker (pid ").last?.prefix { $0.isNumber }
    guard let pid = number.flatMap({ Int32($0) }), let facts = ProcessFacts(pid: pid) else { return nil }
    return ProcessHandle(pid: pid, startTicks: facts.startTicks, isChild: false)
  }

  /// Field 3 of /proc/PID/stat.
  private static func state(_ process: ProcessHandle) -> String {
    let text = (try? String(contentsOfFile: "/proc/\(process.facts.pid)/stat", encoding: .utf8)) ?? ""
    return String(text.components(separatedBy: ") ").last?.prefix(1) ?? "")
  }

  // MARK: - what the tests share

  private func withEngine(
    _ plugins: [String] = [], arguments: [String] = [],
    _ body: @escaping @Sendable (RunningEngine) throws -> Void
  ) async throws {
    try await onThread {
      let engine = try RunningEngine(serveArguments: arguments)
      defer { engine.end() }
      for plugin in plugins {
        try engine.install(Sample.build("SamplePlugins/\(plugin)/\(plugin).c"), as: plugin + ".so")
      }
      try engine.start()
      for plugin in plugins { try engine.waitForPlugin(plugin) }
      try body(engine)
    }
  }

  private func submit(
    _ client: JobClient, _ engine: RunningEngine, _ action: String, work: Int
  ) throws -> JobID {
    try client.submit(
      Submission(
        action: action,
        assignments: [(name: "file", text: engine.folder + "/witness"), (name: "work_ms", text: "\(work)")]))[
        0]
  }

  /// Waits until the plug-in was entered: the witness has its line, or the row says so.
  private func running(_ client: JobClient, _ id: JobID) throws {
    let row = try client.watch(id) { $0.status != .live(.running) }
    try #require(row.status == .live(.running), "job \(id) is \(row.status.name)")
  }

  private func run(_ client: JobClient, _ action: String, _ parameters: [String: String]) throws -> JobRow {
    let id = try client.submit(
      Submission(action: action, assignments: parameters.map { (name: $0.key, text: $0.value) }))[0]
    return try client.watch(id) { _ in true }
  }

  private func result(_ job: JobRow) throws -> [String: JSONValue] {
    guard case .ended(let end) = job.status, let text = end.result else { return [:] }
    return try JSONValue(parsing: text).objectValue ?? [:]
  }

  private func entries(_ engine: RunningEngine) throws -> Int {
    try Witness(file: engine.folder + "/witness").entries.count
  }
}
