import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing
import Threading

/// Which process runs what: groups, and versions on probation.
@Suite("Worker groups in a real engine", .serialized)
struct WorkerGroupTests {
  @Test("a plug-in with a worker of its own runs there, all others in the shared one; each is replaced alone")
  func own() async throws {
    try await WorkersEngine.run("plugins: {workers: {hog: own}}", plugins: ["hog", "witness"]) { workers in
      #expect(try workers.facts.map(\.node.group).sorted() == ["", "hog"])
      let shared = try #require(try workers.worker(""))
      let own = try #require(try workers.worker("hog"))
      let row = try workers.run("hog:whoami")
      #expect(try workers.result(row)["pid"] == .int(Int64(own.node.process.pid)))
      #expect(row.node == own.node.id)
      let witness = try workers.submit(
        "witness:never", ["file": workers.engine.folder + "/w", "work_ms": "600000"])[0]
      #expect(try workers.running(witness).node == shared.node.id)
      // Its own worker dies: the other's jobs do not notice.
      kill(own.node.process.pid, SIGKILL)
      let after = try workers.run("hog:whoami")
      #expect(after.status.name == "succeeded" && after.node != own.node.id)
      #expect(try workers.engine.client().job(witness).status == .live(.running))
      #expect(try workers.worker("")?.node.id == shared.node.id)
      let list = try workers.command("plugins", "list")
      #expect(list.output.contains("hog  ") && list.output.contains("shared"))
    }
  }

  @Test("plug-ins of one group share a worker, which ends when its last plug-in goes")
  func group() async throws {
    try await WorkersEngine.run(
      "plugins: {workers: {hog: net, witness: {group: net}}}", plugins: ["hog", "witness"]
    ) { workers in
      #expect(try workers.facts.map(\.node.group).sorted() == ["", "net"])
      for name in ["hog.so", "witness.so"] {
        try FileManager.default.removeItem(atPath: workers.engine.pluginFolder + "/" + name)
      }
      #expect(try workers.wait { try workers.facts.map(\.node.group) == [""] })
    }
  }

  @Test(
    "a new version runs alone until it has proven itself, then moves without a restart or a disturbed job")
  func probation() async throws {
    try await WorkersEngine.run(arguments: ["--probation", "3"], plugins: ["witness"]) { workers in
      let file = workers.engine.folder + "/w"
      let groups = try workers.facts.map(\.node.group)
      let probation = try #require(groups.first(where: WorkerGroup.isProbation))
      let alone = try #require(try workers.worker(probation)).node
      let long = try workers.submit("witness:never", ["file": file, "work_ms": "600000"])[0]
      _ = try workers.running(long)
      for _ in 0..<3 {
        let row = try workers.run("witness:never", ["file": file])
        #expect(row.status.name == "succeeded" && row.node == alone.id)
      }
      #expect(workers.engine.waitForOutput("is run by worker shared from now on"))
      #expect(try workers.run("witness:never", ["file": file]).node != alone.id)
      // The long one is where it was, and its worker ends with it.
      #expect(try workers.engine.client().job(long).status == .live(.running))
      #expect(try workers.worker(probation)?.state == .draining)
      _ = try workers.engine.client().cancel(long)
      #expect(try workers.engine.client().watch(long) { _ in true }.status.name == "cancelled")
      #expect(try workers.wait { try workers.worker(probation) == nil })
      // Known now: after a new start it is at home at once.
      workers.engine.killServe(SIGTERM)
      try workers.engine.start()
      try workers.engine.waitForPlugin("witness")
      #expect(try workers.facts.map(\.node.group) == [""])
    }
  }

  @Test("a version whose worker dies under it stays alone and begins anew")
  func strike() async throws {
    try await WorkersEngine.run(arguments: ["--probation", "2"], plugins: ["witness"]) { workers in
      let file = workers.engine.folder + "/w"
      _ = try workers.run("witness:never", ["file": file])
      let probation = try #require(try workers.facts.map(\.node.group).first(where: WorkerGroup.isProbation))
      let long = try workers.submit("witness:never", ["file": file, "work_ms": "600000"])[0]
      _ = try workers.running(long)
      kill(try #require(try workers.worker(probation)).node.process.pid, SIGKILL)
      #expect(try workers.engine.client().watch(long) { _ in true }.status == .live(.lost))
      let version = try #require(try workers.engine.connect().perform(ListVersions()).first)
      #expect(version.strikes == 1 && version.cleanRuns == 0)
      let next = try workers.run("witness:never", ["file": file])
      #expect(next.status.name == "succeeded")
      #expect(try workers.worker(probation)?.node.id == next.node)
    }
  }

  @Test("a worker that has been away from every engine for too long ends with what it runs")
  func awayLimit() async throws {
    try await WorkersEngine.run(arguments: ["--away-limit", "1s"], plugins: ["witness"]) { workers in
      let id = try workers.submit(
        "witness:never", ["file": workers.engine.folder + "/w", "work_ms": "600000"])[0]
      _ = try workers.running(id)
      let worker = try #require(try workers.engine.workers().first)
      workers.engine.killServe()
      #expect(worker.waitForEnd(milliseconds: 30_000) != nil)
      try workers.engine.start()
      #expect(try workers.engine.client().watch(id) { _ in true }.status == .live(.lost))
    }
  }
}
