import DataModel
import Storage
import TestSupport
import Testing

@Suite("Conformance: submit and claim")
struct SubmitClaimTests {
  static let other = JobKind(plugin: "test", action: "other")
  static let third = JobKind(plugin: "elsewhere", action: "noop")

  @Test("a submitted job is there with all that was said of it", arguments: StoreFlavour.allCases)
  func submit(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let request = JobRequest(
        kind: TestStore.kind, params: #"{"name":"wéb-1"}"#, repeatRule: .idempotent,
        deadlineMilliseconds: 1, cleanupMilliseconds: 2, graceMilliseconds: 3)
      let ids = try test.store.perform(SubmitJobs(batchID: TestStore.batchID(), jobs: [request, request]))
      #expect(ids.count == 2 && ids[0] < ids[1])
      let row = try test.row(ids[0])
      #expect(row.kind == TestStore.kind && row.params == #"{"name":"wéb-1"}"#)
      #expect(row.repeatRule == .idempotent && row.deadlineMilliseconds == 1)
      #expect(row.status == .live(.ready) && row.fence == 0 && row.attempt == 0)
      #expect(row.submittedAt == test.now && row.startedAt == nil && row.node == nil)
      let event = try #require(try test.store.perform(ListEvents(job: ids[0])).first)
      #expect(event.from.isEmpty && event.to == "ready" && event.reason == .submitted && event.at == test.now)
      let lease = try #require(try test.claim(try test.makeNode()).first)
      #expect(
        lease.run == JobRun(job: ids[0], fence: 1) && lease.attempt == 1 && lease.params == request.params)
      #expect(lease.deadlineMilliseconds == 1)
      #expect(lease.cleanupMilliseconds == 2 && lease.graceMilliseconds == 3)
    }
  }

  @Test("the same batch id answers the same jobs", arguments: StoreFlavour.allCases)
  func replay(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let batch = SubmitJobs(
        batchID: TestStore.batchID(), jobs: Array(repeating: JobRequest(kind: TestStore.kind), count: 3))
      let ids = try test.store.perform(batch)
      #expect(try test.store.perform(batch) == ids)
      test.pass(milliseconds: 86_400_000 - 1)
      _ = try test.submit()
      #expect(try test.store.perform(batch) == ids)
      #expect(try test.store.perform(CountJobs())["ready"] == 4)
    }
  }

  @Test("a batch id is forgotten after a day, and ids are never used again", arguments: StoreFlavour.allCases)
  func forgotten(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let batch = SubmitJobs(batchID: TestStore.batchID(), jobs: [JobRequest(kind: TestStore.kind)])
      let ids = try test.store.perform(batch)
      test.pass(milliseconds: 86_400_001)
      // It is no matter of the clock alone: one that leaps ahead must not make a submit that is sent again a second one.
      #expect(try test.store.perform(batch) == ids)
      let later = try test.submit()
      _ = try test.store.perform(Retention().pruning(at: test.now))
      #expect(later[0] > ids[0])
      #expect(try test.store.perform(batch)[0] > later[0])
    }
  }

  @Test("a wrong submit is refused whole", arguments: StoreFlavour.allCases)
  func wrongSubmit(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let good = JobRequest(kind: TestStore.kind)
      let long = JobRequest(kind: TestStore.kind, params: String(repeating: "x", count: (1 << 20) + 1))
      let wrong = [
        SubmitJobs(batchID: [1, 2, 3], jobs: [good]),
        SubmitJobs(batchID: TestStore.batchID(), jobs: [good, long]),
        SubmitJobs(batchID: TestStore.batchID(), jobs: Array(repeating: good, count: 10_001)),
      ]
      for submit in wrong {
        let error = refusal { try test.store.perform(submit) }
        #expect(error?.code == .invalid)
      }
      let none = try test.store.perform(SubmitJobs(batchID: TestStore.batchID(), jobs: []))
      #expect(none.isEmpty)
      #expect(try test.store.perform(CountJobs())["ready"] == 0)
    }
  }

  @Test("claims are first in, first out over the kinds asked for", arguments: StoreFlavour.allCases)
  func order(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      var expected: [JobID] = []
      for round in 0..<40 {
        let kind = [TestStore.kind, Self.other, Self.third, Self.other][round % 4]
        let ids = try test.submit(1 + round % 3, kind: kind)
        if kind != Self.third { expected += ids }
      }
      var claimed: [JobID] = []
      while true {
        let leases = try test.claim(node, limit: 7, kinds: [Self.other, TestStore.kind])
        if leases.isEmpty { break }
        #expect(leases.count <= 7)
        claimed += leases.map(\.run.job)
      }
      #expect(claimed == expected)
      let rest = try test.claim(
        node, limit: 1000, kinds: [Self.third, JobKind(plugin: "no", action: "body")])
      #expect(!rest.isEmpty && rest.allSatisfy { $0.kind == Self.third })
    }
  }

  @Test("a claim of many kinds goes on where a kind's chunk ends", arguments: StoreFlavour.allCases)
  func chunks(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      // Nine kinds share the limit; all jobs are of one, so its chunk is read many times.
      let kinds = (0..<9).map { JobKind(plugin: "p", action: "a\($0)") }
      for kind in kinds { _ = try test.submit(kind: kind) }
      let many = try test.submit(100, kind: kinds[4])
      let leases = try test.claim(try test.makeNode(), limit: 90, kinds: kinds)
      #expect(leases.count == 90)
      #expect(leases.map(\.run.job).dropFirst(9).elementsEqual(many.prefix(81)))
    }
  }

  @Test("a claim takes as many as it may, and 0 takes none", arguments: StoreFlavour.allCases)
  func limits(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      _ = try test.submit(5)
      #expect(try test.claim(node, limit: 0).isEmpty)
      #expect(try test.claim(node, limit: -3).isEmpty)
      #expect(try test.claim(node, limit: 3).count == 3)
      #expect(try test.claim(node, limit: 3).count == 2)
      #expect(try test.claim(node, kinds: []).isEmpty)
      _ = try test.submit(5)
      let twice = try test.claim(node, limit: 9, kinds: [TestStore.kind, TestStore.kind])
      #expect(twice.count == 5 && Set(twice.map(\.run)).count == 5)
    }
  }

  @Test(
    "an answer stays below its size: large parameters come in several claims",
    arguments: StoreFlavour.allCases)
  func largeParameters(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let request = JobRequest(kind: TestStore.kind, params: String(repeating: "x", count: 1 << 20))
      for _ in 0..<2 {
        _ = try test.store.perform(
          SubmitJobs(batchID: TestStore.batchID(), jobs: Array(repeating: request, count: 6)))
      }
      let first = try test.claim(node, limit: 100)
      #expect(first.count == 4)
      #expect(try test.claim(node, limit: 100).count + test.claim(node, limit: 100).count == 8)
    }
  }

  @Test("each claim raises the fence", arguments: StoreFlavour.allCases)
  func fence(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.leased(node)
      #expect(try test.write(node, run, .handBack) == .done)
      #expect(try test.state(run.job) == "ready")
      let again = try test.claim(node)[0]
      #expect(again.run == JobRun(job: run.job, fence: run.fence + 1) && again.attempt == 1)
      #expect(try test.reasons(run.job) == [.submitted, .claimed, .handedBack, .claimed])
    }
  }

  @Test("a node that has ended, or never was, claims nothing", arguments: StoreFlavour.allCases)
  func deadNode(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      _ = try test.submit()
      _ = try test.store.perform(EndNode(node: node, detail: "exited with 0"))
      for dead in [node, NodeID(77)] {
        let error = refusal { try test.claim(dead) }
        #expect(error?.code == .fenced)
      }
      #expect(try test.store.perform(CountJobs())["ready"] == 1)
    }
  }

  @Test("a drained node is told so and is given nothing", arguments: StoreFlavour.allCases)
  func drained(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (node, next) = (try test.makeNode(), try test.makeNode(pid: 5))
      _ = try test.submit()
      #expect(try test.store.perform(OrderNode(node: node, order: .drain)) == 1)
      let answer = try test.store.perform(ClaimJobs(node: node, kinds: [TestStore.kind], limit: 5))
      #expect(answer.order == .drain && answer.leases.isEmpty)
      #expect(try test.store.perform(OrderNode(node: nil, order: .drain)) == 1)
      #expect(try test.store.perform(OrderNode(node: next, order: .run)) == 1)
      #expect(try test.claim(next).count == 1)
      #expect(try test.store.perform(OrderNode(node: NodeID(99), order: .drain)) == 0)
    }
  }

  @Test("a claim tells which jobs were asked to stop, until they end", arguments: StoreFlavour.allCases)
  func cancels(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (node, next) = (try test.makeNode(), try test.makeNode(pid: 5))
      let run = try test.running(node)
      let late = try test.running(node)
      #expect(try test.write(node, late, .passDeadline) == .done)
      _ = try test.store.perform(RequestCancel(job: run.job))
      for _ in 0..<2 {
        let answer = try test.store.perform(ClaimJobs(node: node, kinds: [], limit: 0))
        #expect(answer.cancels == [run])
      }
      #expect(try test.store.perform(ClaimJobs(node: next, kinds: [], limit: 0)).cancels.isEmpty)
      #expect(try test.write(node, run, .finish(RunEnd(code: -1))) == .done)
      #expect(try test.store.perform(ClaimJobs(node: node, kinds: [], limit: 0)).cancels.isEmpty)
    }
  }
}
