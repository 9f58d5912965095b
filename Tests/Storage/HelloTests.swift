import DataModel
import Storage
import TestSupport
import Testing

@Suite("Conformance: hello")
struct HelloTests {
  typealias Verdict = HelloAnswer.Verdict

  /// Says hello again with one entry and answers its verdict.
  private func hello(
    _ test: TestStore, _ node: NodeID?, _ run: JobRun, _ phase: InventoryEntry.Phase, pid: Int32 = 4711
  ) throws -> Verdict {
    let entry = InventoryEntry(job: run.job, fence: run.fence, phase: phase)
    let answer = try test.store.perform(
      Hello(node: node, process: TestStore.process(pid), inventory: [entry]))
    if let node { #expect(answer.node == node) }
    return try #require(answer.verdicts.first)
  }

  @Test("each first hello gets a node of its own", arguments: StoreFlavour.allCases)
  func register(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (first, second) = (try test.makeNode(), try test.makeNode(pid: 5))
      #expect(first != second)
      let nodes = try test.store.perform(ListNodes())
      #expect(nodes.map(\.id) == [first, second])
      #expect(nodes.map(\.process) == [TestStore.process(), TestStore.process(5)])
      #expect(nodes.allSatisfy { $0.order == .run && $0.activeJobs == 0 && $0.since == test.now })
      let again = try test.store.perform(Hello(node: first, process: TestStore.process(), inventory: []))
      #expect(again.node == first && again.verdicts.isEmpty)
    }
  }

  /// Each row: the state in the store, what the worker says it holds, what it is told, the state after.
  struct Case: Sendable, CustomTestStringConvertible {
    let state: JobState
    let phase: InventoryEntry.Phase
    let verdict: Verdict
    let after: String
    var testDescription: String { "\(state.name), held as \(phase)" }
  }

  static let end = InventoryEntry.Phase.finished(RunEnd(code: 0, message: "done"))
  static let cases: [Case] = [
    Case(state: .ready, phase: .leased, verdict: .fenced, after: "ready"),
    Case(state: .ready, phase: .running, verdict: .fenced, after: "ready"),
    Case(state: .ready, phase: end, verdict: .fenced, after: "ready"),
    Case(state: .leased, phase: .leased, verdict: .keep, after: "leased"),
    Case(state: .leased, phase: .starting, verdict: .startAgain, after: "leased"),
    Case(state: .leased, phase: .running, verdict: .fenced, after: "leased"),
    Case(state: .leased, phase: .zombie, verdict: .fenced, after: "leased"),
    Case(state: .leased, phase: end, verdict: .fenced, after: "leased"),
    Case(state: .running, phase: .leased, verdict: .fenced, after: "running"),
    Case(state: .running, phase: .starting, verdict: .enter, after: "running"),
    Case(state: .running, phase: .running, verdict: .keep, after: "running"),
    Case(state: .running, phase: .zombie, verdict: .keep, after: "zombie"),
    Case(state: .running, phase: end, verdict: .stored, after: "succeeded"),
    Case(state: .cancelling, phase: .starting, verdict: .enter, after: "cancelling"),
    Case(state: .cancelling, phase: .running, verdict: .cancel, after: "cancelling"),
    Case(state: .cancelling, phase: .zombie, verdict: .keep, after: "zombie"),
    Case(state: .cancelling, phase: end, verdict: .stored, after: "succeeded"),
    Case(state: .zombie, phase: .running, verdict: .fenced, after: "zombie"),
    Case(state: .zombie, phase: .zombie, verdict: .keep, after: "zombie"),
    Case(state: .zombie, phase: end, verdict: .fenced, after: "zombie"),
    Case(state: .lost, phase: .leased, verdict: .fenced, after: "lost"),
    Case(state: .lost, phase: .starting, verdict: .enter, after: "running"),
    Case(state: .lost, phase: .running, verdict: .keep, after: "running"),
    Case(state: .lost, phase: end, verdict: .stored, after: "succeeded"),
  ]

  @Test("rows and inventory are made to agree", arguments: StoreFlavour.allCases, cases)
  func verdict(_ flavour: StoreFlavour, _ example: Case) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: example.state, node)
      #expect(try hello(test, node, run, example.phase) == example.verdict)
      #expect(try test.state(run.job) == example.after)
      if example.verdict == .keep || example.verdict == .enter {
        #expect(try test.row(run.job).node == node)
      }
    }
  }

  @Test(
    "an old fence is fenced in every phase, and does not hide that the newest run is not held",
    arguments: StoreFlavour.allCases, JobState.allCases)
  func oldFence(_ flavour: StoreFlavour, _ state: JobState) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: state, node)
      let old = JobRun(job: run.job, fence: run.fence - 1)
      for phase in [InventoryEntry.Phase.leased, .starting, .running, .zombie, Self.end] {
        #expect(try hello(test, node, old, phase) == .fenced, "\(phase)")
      }
      // The worker does not hold the job's newest run: it is given up, as one that the inventory does not name.
      let after: JobState = state == .leased ? .ready : state.hasStarted ? .lost : state
      #expect(try test.state(run.job) == after.name)
    }
  }

  @Test("a job that another node holds is fenced", arguments: StoreFlavour.allCases)
  func foreign(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (mine, theirs) = (try test.makeNode(), try test.makeNode(pid: 5))
      let run = try test.running(theirs)
      for phase in [InventoryEntry.Phase.leased, .starting, .running, .zombie] {
        #expect(try hello(test, mine, run, phase) == .fenced)
      }
      #expect(try hello(test, mine, JobRun(job: JobID(999), fence: 1), .running) == .fenced)
      #expect(try test.row(run.job).node == theirs)
    }
  }

  @Test("an outcome that was stored before is stored", arguments: StoreFlavour.allCases)
  func storedBefore(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      #expect(try test.write(node, run, .finish(RunEnd(code: 0, message: "first"))) == .done)
      #expect(try hello(test, node, run, Self.end) == .stored)
      #expect(try test.end(run.job)?.message == "first")
      #expect(try hello(test, node, run, .running) == .fenced)
    }
  }

  @Test(
    "what a node no longer knows: leases go back, starts are lost or run again",
    arguments: StoreFlavour.allCases)
  func disowned(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let leased = try test.leased(node)
      let kept = try test.claimAfterSubmit(node)
      let never = try test.running(node)
      let again = try test.running(node, .idempotent)
      #expect(try hello(test, node, kept, .leased) == .keep)
      #expect(try test.state(leased.job) == "ready" && test.state(kept.job) == "leased")
      #expect(try test.state(never.job) == "lost" && test.state(again.job) == "ready")
      for job in [leased.job, never.job, again.job] {
        let event = try #require(try test.store.perform(ListEvents(job: job)).last)
        #expect(event.reason == .disowned && event.detail.contains("\(node)"))
      }
      // And when it remembers after all, the same fence is taken back.
      let entries = [kept, never].map { InventoryEntry(job: $0.job, fence: $0.fence, phase: .running) }
      let answer = try test.store.perform(
        Hello(node: node, process: TestStore.process(), inventory: entries))
      #expect(answer.verdicts == [.fenced, .keep])
      #expect(try test.reasons(never.job).last == .reasserted)
      #expect(try test.write(node, never, .finish(RunEnd(code: 0))) == .done)
    }
  }

  @Test(
    "a job that was asked to stop and then lost is taken back as asked to stop",
    arguments: StoreFlavour.allCases)
  func reassertedCancel(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: .cancelling, node)
      _ = try test.store.perform(Hello(node: node, process: TestStore.process(), inventory: []))
      #expect(try test.state(run.job) == "lost")
      #expect(try hello(test, node, run, .running) == .cancel)
      #expect(try test.state(run.job) == "cancelling")
      #expect(try test.store.perform(ClaimJobs(node: node, kinds: [], limit: 0)).cancels == [run])
    }
  }

  @Test(
    "a node that was ended is fenced, and its process gets back what is lost under a new one",
    arguments: StoreFlavour.allCases)
  func ended(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let (run, done, again) = (
        try test.running(node), try test.running(node), try test.running(node, .idempotent)
      )
      _ = try test.store.perform(EndNode(node: node, detail: "thought dead"))
      let error = refusal { try hello(test, node, run, .running) }
      #expect(error?.code == .fenced && error?.cure.isEmpty == false)
      let entries = [
        InventoryEntry(job: run.job, fence: run.fence, phase: .running),
        InventoryEntry(job: done.job, fence: done.fence, phase: Self.end),
        InventoryEntry(job: again.job, fence: again.fence, phase: .running),
      ]
      let answer = try test.store.perform(Hello(node: nil, process: TestStore.process(), inventory: entries))
      #expect(answer.node != node)
      #expect(answer.verdicts == [.keep, .stored, .fenced])
      #expect(try test.row(run.job).node == answer.node)
      #expect(try test.reasons(done.job).last == .finishedLate)
      #expect(try test.state(again.job) == "ready")
    }
  }

  @Test("another process cannot take a node over", arguments: StoreFlavour.allCases)
  func impostor(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      #expect(refusal { try hello(test, node, run, .running, pid: 5) }?.code == .fenced)
      #expect(refusal { try hello(test, NodeID(55), run, .running) }?.code == .fenced)
      #expect(try test.state(run.job) == "running")
    }
  }
}

extension TestStore {
  fileprivate func claimAfterSubmit(_ node: NodeID) throws -> JobRun { try leased(node) }
}
