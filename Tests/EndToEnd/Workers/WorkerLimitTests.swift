import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing
import Threading

/// Limits as this machine's kernel holds them. Where it has no such mechanism the engine says so, and that is tested
/// in its place; the rules of detection are tested over file trees.
@Suite("Limits of workers, for real", .serialized)
struct WorkerLimitTests {
  private static let groups = ControlGroups.detect()

  @Test("a worker that wants more memory than it may have ends, its plug-in is named, and others go on")
  func memory() async throws {
    try await WorkersEngine.run(
      "plugins: {workers: {hog: {group: own, memory: 128MiB}}}", plugins: ["hog", "witness"]
    ) { workers in
      #expect(try workers.run("hog:eat", ["mib": "16"]).status.name == "succeeded")
      let limits = try #require(try workers.worker("hog")).limits
      #expect(limits.contains { $0.contains("memory at most 134217728 bytes") }, "\(limits)")
      let witness = try workers.submit(
        "witness:never", ["file": workers.engine.folder + "/w", "work_ms": "600000"])[0]
      _ = try workers.running(witness)
      let row = try workers.run("hog:eat", ["mib": "400"])
      if Self.groups.place(.memory) != nil {
        #expect(row.status == .live(.lost))
        let why = try workers.command("jobs", "why", "\(row.id)")
        #expect(why.output.contains("it reached its memory limit"), "\(why.output)")
      } else {
        #expect(row.status.name == "failed")  // malloc gives nothing
      }
      #expect(try workers.engine.client().job(witness).status == .live(.running))
      #expect(try workers.run("hog:eat", ["mib": "16"]).status.name == "succeeded")
    }
  }

  @Test("a worker starts no more threads than it may")
  func tasks() async throws {
    try await WorkersEngine.run("worker: {tasks: 60, processors: 0.5}") { workers in
      let facts = try #require(try workers.worker(""))
      let row = try workers.run("hog:threads", ["n": "200"])
      let made = try #require(try workers.result(row)["made"]?.integerValue)
      if Self.groups.place(.pids) != nil {
        #expect(made < 60 && made > 5)
        #expect(facts.limits.contains { $0.contains("tasks at most 60") }, "\(facts.limits)")
      } else {
        #expect(made == 200)
        #expect(facts.gaps.contains { $0.contains("tasks") }, "\(facts.gaps)")
      }
      let list = try workers.command("workers", "list")
      #expect(list.output.contains("processors"), "\(list.output)")
      #expect(workers.engine.waitForOutput("limits of workers: processors"))
    }
  }

  @Test("under the least limits that the configuration takes a worker still runs jobs")
  func least() async throws {
    try await WorkersEngine.run("worker: {memory: 64MiB, processors: 0.05, tasks: 32, slots: 4}") { workers in
      let row = try workers.run("hog:whoami")
      #expect(row.status.name == "succeeded")
    }
  }

  @Test("what leaves the worker's session is killed before its jobs move")
  func strays() async throws {
    try await WorkersEngine.run("worker: {tasks: 500}") { workers in
      guard Self.groups.unified != nil || Self.groups.place(.pids) != nil else { return }
      let file = workers.engine.folder + "/stray"
      let id = try workers.submit("hog:stray", ["file": file])[0]
      let node = try #require(try workers.running(id).node)
      #expect(
        try workers.wait { (try? String(contentsOfFile: file, encoding: .utf8))?.hasSuffix("\n") == true })
      let text = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)
      let stray = try #require(Int32(text).flatMap(ProcessFacts.init(pid:)))
      #expect(stray.session == stray.pid)
      #expect(try workers.command("workers", "kill", "\(node)").exitCode == 0)
      #expect(ProcessFacts(pid: stray.pid).map { $0.hasEnded || $0.startTicks != stray.startTicks } ?? true)
      #expect(try workers.engine.client().job(id).status == .live(.lost))
      #expect(workers.engine.waitForOutput("processes that it left were killed"))
    }
  }

  @Test("limits of a worker that was adopted are read from the kernel")
  func adopted() async throws {
    try await WorkersEngine.run("worker: {tasks: 300}") { workers in
      guard Self.groups.place(.pids) != nil else { return }
      workers.engine.killServe()
      try workers.engine.start()
      #expect(try workers.wait { try workers.facts.first?.limits.contains { $0.contains("300") } == true })
    }
  }

  @Test("as root, a worker of another user runs jobs, owns nothing of the engine's and may not command it")
  func user() async throws {
    guard getuid() == 0, let nobody = UserAccount("nobody") else { return }
    try await onThread {
      try WorkersEngine.configured("plugins: {workers: {hog: {group: own, user: nobody, tasks: 500}}}") {
        engine in
        chmod(engine.folder, 0o755)
        try WorkersEngine.install("hog", engine)
        try engine.start()
        try engine.waitForPlugin("hog")
        let workers = WorkersEngine(engine: engine)
        let row = try workers.run("hog:whoami")
        #expect(try workers.result(row)["uid"] == .int(Int64(nobody.uid)))
        #expect(try workers.worker("hog")?.limits.contains { $0.contains("user nobody") } == true)
        // The same user from outside: let in as a worker, and refused as anything else.
        let stop = try ToolRun(
          [
            "setpriv", "--reuid=\(nobody.uid)", "--clear-groups", RunningEngine.executable, "stop", "--store",
            workers.engine.storeArgument,
          ])
        #expect(stop.status == 7 && stop.output.contains("may not ask the engine"), "\(stop.output)")
        #expect(workers.engine.serve?.hasEnded == false)
        // Its worker's end is seen and its jobs move, as of any other.
        kill(try #require(try workers.worker("hog")).node.process.pid, SIGKILL)
        #expect(try workers.run("hog:whoami").status.name == "succeeded")
      }
    }
  }

  @Test("a user that is not there, or that cannot reach the store, is refused at the start")
  func badUser() async throws {
    try await onThread {
      try WorkersEngine.configured("worker: {user: no-such-user}") { engine in
        #expect(throws: RunningEngine.Failure.self) { try engine.start() }
        #expect(engine.waitForOutput("there is no user \"no-such-user\""), "\(engine.output)")
        try #require(engine.serve?.waitForEnd(milliseconds: 10_000) == "ended with exit code 7")
      }
      guard getuid() == 0, UserAccount("nobody") != nil else { return }
      try WorkersEngine.configured("worker: {user: nobody}") { engine in
        chmod(engine.folder, 0o700)
        #expect(throws: RunningEngine.Failure.self) { try engine.start() }
        #expect(engine.waitForOutput("user nobody cannot pass \(engine.folder)"), "\(engine.output)")
        try #require(engine.serve?.waitForEnd(milliseconds: 10_000) == "ended with exit code 7")
      }
    }
  }
}
