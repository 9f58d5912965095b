import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing
import Threading

/// Workers that say nothing, and the verbs that look at workers and end them.
@Suite("Silent workers, drained and killed ones", .serialized)
struct WorkerVerbsTests {
  @Test("a stopped worker is shown unresponsive, its jobs stay, and kill ends it and settles them")
  func stopped() async throws {
    try await WorkersEngine.run(plugins: ["witness"]) { workers in
      let id = try workers.submit(
        "witness:never", ["file": workers.engine.folder + "/w", "work_ms": "600000"])[0]
      let node = try #require(try workers.running(id).node)
      let worker = try #require(try workers.engine.workers().first)
      worker.signal(SIGSTOP)
      #expect(try workers.wait { try workers.facts.first?.state == .unresponsive })
      for verb in [
        ["workers", "list"], ["workers", "show", "\(node)"], ["status"], ["jobs", "why", "\(id)"],
      ] {
        let run = try CommandRun(verb + ["--store", workers.engine.storeArgument])
        #expect(run.output.contains("unresponsive") && run.output.contains("process is stopped"), "\(verb)")
        #expect(run.output.contains("workers kill \(node)"), "\(verb)")
      }
      #expect(workers.engine.waitForOutput("is unresponsive: its process is stopped"))
      #expect(try workers.engine.client().job(id).status == .live(.running))
      let kill = try workers.command("workers", "kill", "\(node)")
      #expect(kill.exitCode == 0 && kill.output.contains("its jobs are settled"), "\(kill.errors)")
      // Settled when the verb ends, not some time later.
      #expect(try workers.engine.client().job(id).status == .live(.lost))
      let next = try workers.submit(
        "witness:never", ["file": workers.engine.folder + "/w", "work_ms": "600000"])[0]
      #expect(try workers.running(next).node != node)
    }
  }

  @Test("a worker that goes on after it was stopped answers again, and nothing was lost")
  func continued() async throws {
    try await WorkersEngine.run(plugins: ["witness"]) { workers in
      let id = try workers.submit("witness:never", ["file": workers.engine.folder + "/w", "work_ms": "300"])[
        0]
      _ = try workers.running(id)
      let worker = try #require(try workers.engine.workers().first)
      worker.signal(SIGSTOP)
      #expect(workers.engine.waitForOutput("is unresponsive"))
      worker.signal(SIGCONT)
      #expect(try workers.engine.client().watch(id) { _ in true }.status.name == "succeeded")
      #expect(workers.engine.waitForOutput("answers again"))
    }
  }

  @Test("a drained worker goes on with what it runs; another takes its place at once")
  func drained() async throws {
    try await WorkersEngine.run(plugins: ["witness"]) { workers in
      let file = workers.engine.folder + "/w"
      let long = try workers.submit("witness:never", ["file": file, "work_ms": "600000"])[0]
      let old = try #require(try workers.running(long).node)
      let drain = try workers.command("workers", "drain", "\(old)")
      #expect(drain.exitCode == 0 && drain.output.contains("drains"), "\(drain.errors)")
      let row = try workers.run("witness:never", ["file": file])
      #expect(row.status.name == "succeeded" && row.node != old)
      #expect(try workers.engine.client().job(long).status == .live(.running))
      _ = try workers.engine.client().cancel(long)
      #expect(try workers.wait { try workers.facts.allSatisfy { $0.node.id != old } })
      #expect(try workers.facts.count == 1)
    }
  }

  @Test("a worker that is not there, or whose name is none, is told so")
  func unknown() async throws {
    try await WorkersEngine.run(plugins: ["witness"]) { workers in
      for verb in ["show", "drain", "kill"] {
        let run = try workers.command("workers", verb, "w99")
        #expect(run.exitCode == 6 && run.errors.contains("there is no worker w99"), "\(verb): \(run.errors)")
        #expect(try workers.command("workers", verb, "x\u{1b}[2J").exitCode == 64)
      }
      let list = try workers.command("workers", "list", "--json")
      #expect(list.output.contains(#""group":"shared","state":"running""#), "\(list.output)")
      let show = try workers.command("workers", "show", "1", "--json")
      #expect(show.output.contains(#""plugins":[{"id":"witness""#), "\(show.output)")
    }
  }
}
