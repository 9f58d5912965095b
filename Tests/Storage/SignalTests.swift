import DataModel
import Storage
import TestSupport
import Testing
import Threading

@Suite("Conformance: signals")
struct SignalTests {
  /// Collects signals and lets a test wait for them.
  private final class Heard: Sendable {
    private let signals = Threading.Condition<[StoreSignal]>([])

    var handler: @Sendable (StoreSignal) -> Void {
      { [signals] signal in signals.update { $0.append(signal) } }
    }

    func waitFor(_ signal: StoreSignal) -> Bool {
      signals.wait(milliseconds: 10_000) { $0.contains(signal) ? true : nil } ?? false
    }

    /// All that came since the last call.
    func taken() -> [StoreSignal] {
      signals.withLock { signals in
        defer { signals = [] }
        return signals
      }
    }
  }

  @Test("each interest hears what it asked about, and nothing else", arguments: StoreFlavour.allCases)
  func interests(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (node, other) = (try test.makeNode(), try test.makeNode(pid: 5))
      let (worker, idle, watcher) = (Heard(), Heard(), Heard())
      let first = try test.submit()[0]
      let observations = [
        try test.store.observe(.worker(node), worker.handler),
        try test.store.observe(.worker(other), idle.handler),
        try test.store.observe(.job(first), watcher.handler),
      ]
      defer { for observation in observations { observation.cancel() } }
      _ = try test.submit()
      #expect(worker.waitFor(.jobsReady) && idle.waitFor(.jobsReady))
      let run = try test.claim(node, limit: 1)[0].run
      #expect(run.job == first && watcher.waitFor(.jobChanged(first)))
      _ = watcher.taken()
      _ = try test.write(node, run, .start)
      #expect(watcher.waitFor(.jobChanged(first)))
      _ = watcher.taken()
      _ = try test.write(node, run, .progress(JobProgress(done: 1, total: 2, message: "", at: 0)))
      #expect(watcher.waitFor(.jobChanged(first)))
      _ = try test.store.perform(RequestCancel(job: first))
      #expect(worker.waitFor(.nodeCalled(node)))
      _ = try test.store.perform(PutPluginFile(ReadingTests.file("aa")))
      #expect(worker.waitFor(.pluginsChanged) && idle.waitFor(.pluginsChanged))
      _ = try test.store.perform(OrderNode(node: other, order: .drain))
      #expect(idle.waitFor(.nodeCalled(other)))
      #expect(!idle.taken().contains(.nodeCalled(node)))
      #expect(watcher.taken().allSatisfy { $0 == .jobChanged(first) })
      #expect(worker.taken().allSatisfy { $0 != .nodeCalled(other) })
    }
  }

  @Test("jobs that come back to the queue are told like new ones", arguments: StoreFlavour.allCases)
  func requeued(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let (handed, left) = (try test.leased(node), try test.leased(node))
      let heard = Heard()
      var interest = StoreInterest()
      interest.ready = true
      let observation = try test.store.observe(interest, heard.handler)
      defer { observation.cancel() }
      _ = try test.write(node, handed, .handBack)
      #expect(heard.waitFor(.jobsReady))
      _ = heard.taken()
      _ = try test.store.perform(EndNode(node: node, detail: "x"))
      #expect(heard.waitFor(.jobsReady))
      #expect(try test.state(left.job) == "ready")
    }
  }

  @Test(
    "a cancelled observation hears nothing more; cancelling twice is fine", arguments: StoreFlavour.allCases)
  func cancelled(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (ended, going) = (Heard(), Heard())
      var interest = StoreInterest()
      interest.ready = true
      let observation = try test.store.observe(interest, ended.handler)
      let other = try test.store.observe(interest, going.handler)
      defer { other.cancel() }
      observation.cancel()
      observation.cancel()
      _ = try test.submit()
      #expect(going.waitFor(.jobsReady))
      #expect(ended.taken().isEmpty)
    }
  }

  @Test("a verb that is refused tells nothing", arguments: StoreFlavour.allCases)
  func refused(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let heard = Heard()
      var interest = StoreInterest()
      interest.ready = true
      interest.plugins = true
      let observation = try test.store.observe(interest, heard.handler)
      defer { observation.cancel() }
      let long = JobRequest(kind: TestStore.kind, params: String(repeating: "x", count: (1 << 20) + 1))
      #expect(
        refusal { try test.store.perform(SubmitJobs(batchID: TestStore.batchID(), jobs: [long])) } != nil)
      _ = try test.store.perform(PutPluginFile(ReadingTests.file("aa")))
      #expect(heard.waitFor(.pluginsChanged))
      #expect(heard.taken() == [.pluginsChanged])
    }
  }
}
