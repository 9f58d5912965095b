import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing
import Threading

/// Workers that `serve` did not start and never heard of: started by an earlier one that was killed at once. Their
/// jobs must not wait for ever when they end.
@Suite(.serialized) struct StrayWorkerTests {
  @Test("a worker that nobody knew is watched from its hello on: when it ends its job is lost")
  func watched() async throws {
    try await withEngine { engine in
      let stray = try process()
      let store = try engine.connect()
      let id = try occupy(engine)
      let node = try hello(store, stray)
      #expect(engine.waitForOutput("taking it over"))
      let run = try takeOver(store, node, after: engine)
      stray.signal(SIGKILL)
      let job = try engine.client().watch(run.job) { _ in true }
      #expect(job.status == .live(.lost))
      #expect(try engine.client().events(run.job).last?.reason == .workerEnded)
      _ = try engine.client().cancel(id)
    }
  }

  @Test("a hello of a process that has ended meanwhile registers nobody")
  func ended() async throws {
    try await withEngine { engine in
      let stray = try process()
      stray.signal(SIGKILL)
      _ = stray.waitForEnd()
      let node = try hello(engine.connect(), stray)
      #expect(engine.waitForOutput("worker \(node) had ended before its hello was read"))
      #expect(try engine.client().nodes().allSatisfy { $0.id != node })
    }
  }

  @Test("a worker that the store has ended while it lives lets its jobs go and is replaced")
  func disowned() async throws {
    try await withEngine { engine in
      let client = try engine.client()
      let id = try occupy(engine)
      let node = try #require(client.nodes().first)
      let worker = try #require(engine.workers().first)
      _ = try engine.connect().perform(EndNode(node: node.id, detail: "was ended by hand"))
      #expect(try client.job(id).status == .live(.lost))
      #expect(worker.waitForEnd(milliseconds: 20_000) != nil)
      let next = try submit(client, engine)
      let row = try client.watch(next) { $0.status != .live(.running) }
      #expect(row.status == .live(.running))
      #expect(row.node != node.id)
      #expect(try client.job(id).status == .live(.lost), "a run that was given up must not write its outcome")
    }
  }

  /// A process that does nothing: it stands for a worker, and the test speaks for it.
  private func process() throws -> ProcessHandle {
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer { close(null) }
    return try ChildProcess.spawn(
      "/bin/sh", ["-c", "exec tail -f /dev/null"], environment: ["PATH": "/bin:/usr/bin"], output: null)
  }

  private func hello(_ store: any Store, _ process: ProcessHandle) throws -> NodeID {
    let identity = ProcessIdentity(
      pid: process.facts.pid, startTicks: process.facts.startTicks, bootID: ProcessFacts.bootID())
    return try store.perform(Hello(node: nil, process: identity, inventory: [])).node
  }

  /// Keeps the engine's own worker, which has one slot, from claiming more.
  private func occupy(_ engine: RunningEngine) throws -> JobID {
    let client = try engine.client()
    let id = try submit(client, engine)
    _ = try client.watch(id) { $0.status != .live(.running) }
    return id
  }

  /// Claims a job as the stray worker and commits its start.
  private func takeOver(_ store: any Store, _ node: NodeID, after engine: RunningEngine) throws -> JobRun {
    // It was told to drain, one worker being enough; only after that is it ordered to work.
    let nodes = try engine.client()
    let pause = Bell()
    while try nodes.nodes().first(where: { $0.id == node })?.order == .run { pause.wait(milliseconds: 5) }
    _ = try store.perform(OrderNode(node: node, order: .run))
    let id = try submit(engine.client(), engine)
    let kinds = [JobKind(plugin: "witness", action: "never")]
    let answer = try store.perform(ClaimJobs(node: node, kinds: kinds, limit: 1))
    let run = try #require(answer.leases.first?.run)
    #expect(run.job == id)
    #expect(try store.perform(WriteRuns(node: node, items: [RunWrite(run, .start)])) == [.done])
    return run
  }

  private func submit(_ client: JobClient, _ engine: RunningEngine) throws -> JobID {
    try client.submit(
      Submission(
        action: "witness:never",
        assignments: [(name: "file", text: engine.folder + "/witness"), (name: "work_ms", text: "600000")]))[
        0]
  }

  private func withEngine(_ body: @escaping @Sendable (RunningEngine) throws -> Void) async throws {
    try await onThread {
      let engine = try RunningEngine(serveArguments: ["--slots", "1"])
      defer { engine.end() }
      try engine.install(Sample.build("SamplePlugins/witness/witness.c"), as: "witness.so")
      try engine.start()
      try engine.waitForPlugin("witness")
      try body(engine)
    }
  }
}
