import DataModel
import Glibc
import Storage
import TestSupport
import Testing

/// A connection of a worker's own user: fences are small numbers, so whoever guesses one must get nothing by it.
@Suite("Server: a worker of another user speaks for itself alone")
struct WorkerUserTests {
  private static let own = TestStore.process(getpid())
  private static let ours = JobKind(plugin: "ours", action: "act")

  /// `worker` is connected as such a user; all else is asked of the store itself.
  private func serve(
    _ handlers: ServerHandlers = ServerHandlers(), _ body: (TestStore, RemoteStore) throws -> Void
  ) throws {
    let test = try TestStore()
    defer { test.end() }
    var handlers = handlers
    handlers.admit = { _ in .workersVerbs }
    let server = try StoreServer(store: test.direct, path: test.folder + "/s.sock")
    try server.start(handlers)
    defer { server.stop() }
    for (plugin, group) in [("ours", "ours"), ("test", WorkerGroup.shared)] {
      _ = try test.store.perform(
        PutPluginFile(
          PluginFile(
            file: plugin + ".so", state: .active, pluginID: plugin, version: "1", sha256: plugin,
            manifest: "{}", group: group)))
    }
    try body(test, RemoteStore.connect(path: server.path, onEnd: {}))
    try test.checkTables()
  }

  private func hello(
    _ worker: RemoteStore, node: NodeID? = nil, inventory: [InventoryEntry] = []
  ) throws -> HelloAnswer {
    try worker.perform(Hello(node: node, process: Self.own, inventory: inventory, group: "ours"))
  }

  @Test("a hello as another's node is refused, and makes the connection nobody's")
  func otherNode() throws {
    try serve { test, worker in
      let other = try test.makeNode()
      let run = try test.running(other)
      #expect(refusal { try hello(worker, node: other) }?.code == .fenced)
      #expect(
        refusal { try worker.perform(ClaimJobs(node: other, kinds: [TestStore.kind], limit: 9)) }?.code
          == .invalid)
      let finish = WriteRuns(node: other, items: [RunWrite(run, .finish(RunEnd(code: 0)))])
      #expect(refusal { try worker.perform(finish) }?.code == .invalid)
      #expect(try test.state(run.job) == "running")
      let node = try hello(worker).node
      #expect(try hello(worker, node: node).node == node, "as itself it may come back")
    }
  }

  @Test("what it says of jobs that are not its own is taken as if their fence had passed")
  func otherJobs() throws {
    try serve { test, worker in
      let other = try test.makeNode()
      let run = try test.running(other, .steps)
      let lost = try test.job(in: .lost, other)
      let end = RunEnd(code: 0)
      let inventory = [run, lost].map { InventoryEntry(job: $0.job, fence: $0.fence, phase: .finished(end)) }
      #expect(try hello(worker, inventory: inventory).verdicts == [.fenced, .fenced])
      let node = try hello(worker).node
      let items =
        [run, lost].map { RunWrite($0, .finish(end)) } + [
          RunWrite(run, .log([LogLine(at: 0, level: 1, text: "x")]))
        ]
      #expect(try worker.perform(WriteRuns(node: node, items: items)) == [.fenced, .fenced, .fenced])
      #expect(try worker.perform(BeginStep(run: run, name: "a")) == .fenced)
      #expect(try !worker.perform(EndStep(run: run, name: "a", result: "r")))
      #expect(
        try worker.perform(ClaimReconciles(node: node, kinds: [TestStore.kind], asking: [], limit: 9)).leases
          .isEmpty)
      let lease = try #require(
        try test.store.perform(
          ClaimReconciles(node: other, kinds: [TestStore.kind], asking: [], limit: 9)
        ).leases.first)
      let answer = FinishReconcile(
        ask: lease.ask, job: lost.job, answer: .done("mine", result: nil), logs: [])
      #expect(try !worker.perform(answer))
      #expect(try test.state(run.job) == "running" && test.state(lost.job) == "lost")
      #expect(try test.store.perform(ListLogLines(job: run.job)).isEmpty)
    }
  }

  @Test("its own jobs it runs whole: claims, steps, outcomes, questions about lost ones")
  func ownJobs() throws {
    try serve { test, worker in
      let node = try hello(worker).node
      _ = try test.submit(2, kind: Self.ours, repeatRule: .steps)
      let leases = try worker.perform(ClaimJobs(node: node, kinds: [Self.ours], limit: 9)).leases
      try #require(leases.count == 2)
      let runs = leases.map(\.run)
      #expect(
        try worker.perform(WriteRuns(node: node, items: runs.map { RunWrite($0, .start) })) == [.done, .done])
      #expect(try worker.perform(BeginStep(run: runs[0], name: "a")) == .fresh)
      #expect(try worker.perform(EndStep(run: runs[0], name: "a", result: "r")))
      let ends = [RunEnd(code: 0), RunEnd(code: ReturnCode.unknown)]
      #expect(
        try worker.perform(
          WriteRuns(node: node, items: zip(runs, ends).map { RunWrite($0, .finish($1)) })) == [.done, .done])
      let ask = try #require(
        try worker.perform(ClaimReconciles(node: node, kinds: [Self.ours], asking: [], limit: 9)).leases.first
      )
      #expect(
        try worker.perform(
          FinishReconcile(ask: ask.ask, job: ask.run.job, answer: .done("", result: nil), logs: [])))
      #expect(try runs.map { try test.state($0.job) } == ["succeeded", "succeeded"])
    }
  }

  @Test("a process that nobody vouches for is no worker, whatever its user is")
  func vouched() throws {
    var handlers = ServerHandlers()
    handlers.vouch = { hello throws(StoreError) in
      if hello.group != "ours" { throw StoreError(.fenced, "no worker of ours") }
    }
    try serve(handlers) { test, worker in
      let stranger = Hello(node: nil, process: Self.own, inventory: [])
      #expect(refusal { try worker.perform(stranger) }?.message == "no worker of ours")
      #expect(try test.store.perform(ListNodes()).isEmpty)
      #expect(
        refusal { try worker.perform(ClaimJobs(node: NodeID(1), kinds: [], limit: 1)) }?.code == .invalid)
      let node = try hello(worker).node
      // It listens to what concerns it.
      for interest in [StoreInterest.plugins, .job(JobID(1)), .worker(NodeID(99))] {
        #expect(refusal { try worker.observe(interest) { _ in } }?.code == .invalid)
      }
      try worker.observe(.worker(node)) { _ in }.cancel()
    }
  }
}
