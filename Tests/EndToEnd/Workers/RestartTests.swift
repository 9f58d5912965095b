import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import Synchronization
import TestSupport
import Testing
import Threading

@testable import bulkhead

/// The engine becomes another program while its jobs go on.
@Suite("Restart in place", .serialized)
struct RestartTests {
  @Test("five restarts under load: same process, same workers, no job lost, none run twice")
  func underLoad() async throws {
    try await WorkersEngine.run(plugins: ["witness"]) { workers in
      let engine = workers.engine
      let pid = try #require(engine.serve?.facts.pid)
      let file = engine.folder + "/w"
      let long = try workers.submit("witness:never", ["file": file, "work_ms": "600000"])[0]
      _ = try workers.running(long)
      let worker = try engine.workers().map(\.facts.pid)
      let isOver = Atomic(false)
      let submitted = Mutex<[JobID]>([])
      let refused = Mutex<[String]>([])
      let load = OSThread("load") {
        while !isOver.load(ordering: .relaxed) {
          do {
            // One whose answer was lost is settled by its batch id.
            let ids = try Self.client(engine).submit(
              Submission(action: "witness:never", assignments: [(name: "file", text: file)]), count: 3)
            submitted.withLock { $0 += ids }
          } catch {
            refused.withLock { $0.append("\(error)") }
          }
        }
      }
      for round in 1...5 {
        let count = submitted.withLock { $0.count }
        let run = try workers.command("restart", "--wait")
        #expect(run.exitCode == 0 && run.output.contains("serves again"), "\(round): \(run.errors)")
        #expect(try workers.wait { submitted.withLock { $0.count } > count })
      }
      isOver.store(true, ordering: .relaxed)
      load.join()
      // The socket is there all the time: whoever connects meanwhile waits.
      #expect(refused.withLock { $0 } == [])
      let client = try engine.client()
      for id in submitted.withLock({ $0 }) {
        let row = try client.watch(id) { _ in true }
        #expect(row.status.name == "succeeded" && row.attempt == 1, "job \(id) is \(row.status.name)")
      }
      #expect(try client.job(long).status == .live(.running))
      #expect(try client.job(long).attempt == 1)
      let last = try engine.workers().map(\.facts.pid)
      #expect(last == worker, "\(engine.output.suffix(3000))")
      #expect(ProcessFacts(pid: pid)?.hasEnded == false)
      // The witness was entered once for each job that the store knows, the long one included.
      let counts = try engine.connect().perform(CountJobs())
      let entries = try Witness(file: file).entries.count
      #expect(entries == (counts["succeeded"] ?? 0) + 1)
      #expect((counts["succeeded"] ?? 0) == submitted.withLock { $0.count })
      // What it has become sees the ends of its children: the worker leaves no zombie.
      for handle in try engine.workers() {
        handle.signal(SIGKILL)
        #expect(try workers.wait { ProcessFacts(pid: handle.facts.pid) == nil })
      }
      #expect(try client.watch(long) { _ in true }.status == .live(.lost))
    }
  }

  @Test("a file that cannot run, or is another program, is refused, and the engine serves on")
  func wrongFile() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      let copy = engine.folder + "/bulkhead"
      try FileManager.default.createSymbolicLink(atPath: copy, withDestinationPath: RunningEngine.executable)
      try engine.start(executable: copy)
      let bad = [
        "#!/bin/sh\nexit 3\n": "exit code 3", "#!/bin/sh\necho hello\n": "says no version",
        "#!/no/such/interpreter\n": "cannot start", "not a program": "cannot take over",
      ]
      for (text, words) in bad {
        try FileManager.default.removeItem(atPath: copy)
        // Written under another name and copied by a process of its own: a child of another test that was forked while
        // we had the file open for writing would make it "busy".
        try text.write(toFile: copy + ".text", atomically: true, encoding: .utf8)
        try #require(try ToolRun(["install", "-m", "755", copy + ".text", copy]).status == 0)
        let run = try CommandRun(["restart", "--wait", "--store", engine.storeArgument])
        #expect(run.exitCode == 7, "\(text): \(run.output)\(run.errors)")
        #expect(run.errors.contains(words) && run.errors.contains("goes on serving"), "\(run.errors)")
      }
      try FileManager.default.removeItem(atPath: copy)
      #expect(try CommandRun(["restart", "--store", engine.storeArgument]).exitCode == 7)
      // The link leads to a program again: now it is taken.
      try FileManager.default.createSymbolicLink(atPath: copy, withDestinationPath: RunningEngine.executable)
      let good = try CommandRun(["restart", "--wait", "--json", "--store", engine.storeArgument])
      #expect(good.exitCode == 0 && good.output.contains(#""restarted":true"#), "\(good.errors)")
    }
  }

  @Test("while a program takes its time to say its version, the engine answers others")
  func slowVersion() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      let copy = engine.folder + "/bulkhead"
      try FileManager.default.createSymbolicLink(atPath: copy, withDestinationPath: RunningEngine.executable)
      try engine.start(executable: copy)
      try FileManager.default.removeItem(atPath: copy)
      let script = "#!/bin/sh\n: >\"$0.asked\"\nwhile [ ! -e \"$0.go\" ]; do sleep 0.01; done\nexit 3\n"
      try script.write(toFile: copy + ".text", atomically: true, encoding: .utf8)
      try #require(try ToolRun(["install", "-m", "755", copy + ".text", copy]).status == 0)
      let ended = Threading.Condition<String?>(nil)
      OSThread("restart") {
        let run = try? CommandRun(["restart", "--store", engine.storeArgument])
        ended.update { $0 = run?.errors ?? "not started" }
      }
      let pause = Bell()
      let limit = MonotonicClock.nanoseconds + 30_000_000_000
      while !FileManager.default.fileExists(atPath: copy + ".asked"), MonotonicClock.nanoseconds < limit {
        pause.wait(milliseconds: 10)
      }
      // One that was put behind it would be answered when the ten seconds are over, and the script is killed by then.
      #expect(try CommandRun(["status", "--store", engine.storeArgument]).exitCode == 0)
      try Data().write(to: URL(fileURLWithPath: copy + ".go"))
      let errors = ended.wait(milliseconds: 30_000) { $0 } ?? ""
      #expect(errors.contains("exit code 3"), "\(errors)")
    }
  }

  @Test("an engine that is ending is not restarted")
  func ending() async throws {
    try await WorkersEngine.run(plugins: ["witness"]) { workers in
      let id = try workers.submit(
        "witness:never", ["file": workers.engine.folder + "/w", "work_ms": "600000"])[0]
      _ = try workers.running(id)
      #expect(try workers.command("stop", "--no-wait").exitCode == 0)
      let run = try workers.command("restart")
      #expect(run.exitCode == 7 && run.errors.contains("the engine is ending"), "\(run.errors)")
      _ = try workers.engine.client().cancel(id)
      #expect(workers.engine.serve?.waitForEnd(milliseconds: 20_000) == "ended with exit code 0")
    }
  }

  @Test(
    "a TERM that comes while the engine makes place for the next one ends it: it is not lost with the old program"
  )
  func terminated() async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      try engine.start(environment: ["BULKHEAD_FAULT": "serve.restarting=stop"])
      let serve = try #require(engine.serve)
      // Its answer may come when the engine goes on, or never.
      let asking = OSThread("restart") {
        _ = try? CommandRun(["restart", "--store", engine.storeArgument])
      }
      let pause = Bell()
      let limit = MonotonicClock.nanoseconds + 30_000_000_000
      while ProcessFacts(pid: serve.facts.pid)?.isStopped == false, MonotonicClock.nanoseconds < limit {
        pause.wait(milliseconds: 10)
      }
      #expect(ProcessFacts(pid: serve.facts.pid)?.isStopped == true)
      serve.signal(SIGTERM)
      serve.signal(SIGCONT)
      #expect(serve.waitForEnd(milliseconds: 60_000) == "ended with exit code 0", "\(engine.output)")
      asking.join()
      #expect(engine.waitForOutput("draining"))
    }
  }

  @Test(
    "an engine whose socket cannot be watched any more ends with 70; its worker goes on, the next takes it over"
  )
  func socketFails() async throws {
    try await WorkersEngine.run(plugins: ["witness"]) { workers in
      let engine = workers.engine
      let id = try workers.submit("witness:never", ["file": engine.folder + "/w", "work_ms": "600000"])[0]
      _ = try workers.running(id)
      let serve = try #require(engine.serve)
      // With fewer descriptors allowed than it watches, poll(2) answers EINVAL from now on.
      let limit = try ToolRun(["prlimit", "--pid", "\(serve.facts.pid)", "--nofile=2:2"])
      try #require(limit.status == 0, "\(limit.output)")
      #expect(serve.waitForEnd(milliseconds: 60_000) == "ended with exit code 70")
      #expect(engine.waitForOutput("the socket cannot be watched"), "\(engine.output)")
      #expect(engine.waitForOutput("its workers go on"))
      try engine.start()
      #expect(try engine.client().job(id).status == .live(.running))
      #expect(try engine.client().job(id).attempt == 1)
    }
  }

  @Test(
    "a version is three numbers, whatever else a program may print",
    arguments: [
      ("0.1.0", true), ("1.20.3-rc1", true), ("", false), ("1.2", false), ("1..3", false),
      ("GNU bash, 5.2.1", false),
      ("1.2.x", false), ("1.2.3.4", false),
    ])
  func versions(_ text: String, _ isVersion: Bool) { #expect(Restart.isVersion(text) == isVersion) }

  private static func client(_ engine: RunningEngine) throws -> JobClient {
    let path = engine.socketPath
    return JobClient(
      store: try RemoteStore.connect(path: path, onEnd: {}),
      redial: { () throws(StoreError) in try RemoteStore.connect(path: path, onEnd: {}) })
  }
}
