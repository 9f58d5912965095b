import DataModel
import Storage
import TestSupport
import Testing

@Suite("Conformance: questions about lost jobs")
struct ReconcileTests {
  private func ask(_ test: TestStore, _ node: NodeID, asking: [Int64] = []) throws -> ReconcileClaims {
    try test.store.perform(ClaimReconciles(node: node, kinds: [TestStore.kind], asking: asking, limit: 10))
  }

  private func answer(
    _ test: TestStore, _ lease: ReconcileLease, _ answer: ReconcileAnswer?, logs: [LogLine] = []
  ) throws -> Bool {
    try test.store.perform(
      FinishReconcile(ask: lease.ask, job: lease.run.job, answer: answer, logs: logs))
  }

  @Test("a lost job is asked for at once, with all that its run left", arguments: StoreFlavour.allCases)
  func lease(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node, .steps)
      _ = try test.store.perform(BeginStep(run: run, name: "a"))
      let end = RunEnd(code: ReturnCode.unknown, message: "who knows", leftBehind: ["delete VM web-1"])
      #expect(try test.write(node, run, .finish(end)) == .done)
      #expect(try test.write(node, run, .finish(end)) == .done, "its answer was lost")
      #expect(try test.state(run.job) == "lost")
      #expect(try test.reasons(run.job).filter { $0 == .stepUnknown }.count == 1)
      let lost = try #require(try test.store.perform(GetLost(job: run.job)))
      #expect(lost.runEnded && lost.message == "who knows" && lost.tries == 0 && lost.dueAt == test.now)

      let claims = try ask(test, node)
      let lease = try #require(claims.leases.first)
      #expect(claims.leases.count == 1 && claims.nextDueInMilliseconds == nil)
      #expect(lease.run == run && lease.kind == TestStore.kind && lease.params == #"{"a":1}"#)
      #expect(lease.reason == "who knows" && lease.leftBehind == ["delete VM web-1"])
      #expect(lease.steps.map(\.name) == ["a"] && lease.attempt == 1)
      #expect(lease.submittedAt == (try test.row(run.job).submittedAt))
      #expect(try ask(test, node, asking: [lease.ask]).leases.isEmpty, "it is asked already")
    }
  }

  @Test(
    "lost jobs with many long steps are asked for in turn: no claim is too long for a frame",
    arguments: StoreFlavour.allCases)
  func longSteps(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let result = String(repeating: "r", count: StepToken.resultLimit)
      for _ in 0..<4 {
        let run = try test.running(node, .steps)
        for number in 0..<90 {
          _ = try test.store.perform(BeginStep(run: run, name: "\(number)"))
          _ = try test.store.perform(EndStep(run: run, name: "\(number)", result: result))
        }
        _ = try test.write(node, run, .finish(RunEnd(code: ReturnCode.unknown)))
      }
      var asked: [JobID] = []
      var asking: [Int64] = []
      while asked.count < 9 {
        let leases = try ask(test, node, asking: asking).leases
        if leases.isEmpty { break }
        #expect(leases.allSatisfy { $0.steps.count == 90 })
        asked += leases.map(\.run.job)
        asking += leases.map(\.ask)
      }
      #expect(asked.count == 4 && Set(asked).count == 4)
    }
  }

  @Test(
    "answers of days do not make the list of events too long for a frame", arguments: StoreFlavour.allCases)
  func manyAnswers(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: .lost, node)
      let text = String(repeating: "x", count: 400_000)
      for number in 0..<50 {
        test.pass(milliseconds: 600_000)
        let lease = try #require(try ask(test, node).leases.first)
        #expect(try answer(test, lease, .unknown("\(number) " + text)))
      }
      var (seen, pages) = (0, 0)
      while let last = try test.store.perform(ListEvents(job: run.job, after: Int64(seen))).last {
        seen = Int(last.id)
        pages += 1
      }
      let all = try test.reasons(run.job)
      #expect(pages > 3 && seen > 50 && all.count < seen)
    }
  }

  @Test("what a worker's end says is the reason where the run said nothing", arguments: StoreFlavour.allCases)
  func reason(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: .lost, node)
      let lease = try #require(try ask(test, node).leases.first)
      #expect(lease.reason.contains("killed by signal 9"))
      #expect(try answer(test, lease, .unknown("x")))
      test.pass(milliseconds: 1000)
      let again = try #require(try ask(test, node).leases.first)
      #expect(again.reason == lease.reason && again.run == run)
    }
  }

  @Test("other kinds, draining and ended workers get no question", arguments: StoreFlavour.allCases)
  func whom(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      _ = try test.job(in: .lost, node)
      let other = JobKind(plugin: "test", action: "other")
      let none = try test.store.perform(ClaimReconciles(node: node, kinds: [other], asking: [], limit: 9))
      #expect(none == ReconcileClaims(leases: [], nextDueInMilliseconds: nil))
      let full = try test.store.perform(
        ClaimReconciles(node: node, kinds: [TestStore.kind], asking: [], limit: 0))
      #expect(full == ReconcileClaims(leases: [], nextDueInMilliseconds: 0))
      _ = try test.store.perform(OrderNode(node: node, order: .drain))
      #expect(try ask(test, node).leases.isEmpty)
      _ = try test.store.perform(EndNode(node: node, detail: "x"))
      #expect(refusal { try ask(test, node) }?.code == .fenced)
    }
  }

  @Test(
    "a question that never arrived, or whose worker ended, is asked by another",
    arguments: StoreFlavour.allCases)
  func released(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (node, other) = (try test.makeNode(), try test.makeNode(pid: 5))
      _ = try test.job(in: .lost, node)
      let first = try #require(try ask(test, node).leases.first)
      #expect(try ask(test, other).leases.isEmpty)
      let second = try #require(try ask(test, node).leases.first, "the node does not know of the first")
      #expect(second.ask > first.ask)
      #expect(try !answer(test, first, .failed("late")))
      _ = try test.store.perform(EndNode(node: node, detail: "x"))
      let third = try #require(try ask(test, other).leases.first)
      #expect(try !answer(test, second, .failed("late")))
      #expect(try answer(test, third, nil), "given back unasked")
      #expect(try !answer(test, third, .failed("late")))
      #expect(try ask(test, other).leases.count == 1)
    }
  }

  @Test("each answer", arguments: StoreFlavour.allCases)
  func answers(_ flavour: StoreFlavour) throws {
    let cases: [(ReconcileAnswer, String)] = [
      (.done("all there", result: #"{"vm":"1"}"#), "succeeded"), (.failed("broken off"), "failed"),
      (.notStarted("nothing there"), "ready"), (.unknown("no answer"), "lost"),
    ]
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      for (given, state) in cases {
        let run = try test.job(in: .lost, node)
        let lease = try #require(try ask(test, node).leases.first { $0.run == run })
        let line = LogLine(at: 1, level: 1, text: "looked")
        #expect(try answer(test, lease, given, logs: [line]))
        #expect(try test.state(run.job) == state)
        let event = try #require(try test.store.perform(ListEvents(job: run.job)).last)
        #expect(event.reason == .reconciled && event.detail == given.sentence)
        #expect(try test.store.perform(ListLogLines(job: run.job)).map(\.text) == ["looked"])
        if let end = try test.end(run.job) {
          #expect(end.message == given.text && end.code == ReturnCode.unknown)
          #expect(end.result == (state == "succeeded" ? #"{"vm":"1"}"# : nil))
          // The old run speaks after all: nothing of it is taken.
          #expect(try test.write(node, run, .finish(RunEnd(code: 0))) == .fenced)
          #expect(try test.reasons(run.job).last == .fencedFinish)
        } else if state == "ready" {
          let row = try test.row(run.job)
          #expect(row.fence == run.fence + 1 && row.node == nil)
          #expect(try test.claim(node, limit: 1).first?.attempt == 2)
        }
      }
    }
  }

  @Test("who does not know is asked again later and later, and told once", arguments: StoreFlavour.allCases)
  func backoff(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: .lost, node)
      for (tries, pause): (Int, Int64) in [(1, 1000), (2, 2000), (3, 4000)] {
        let lease = try #require(try ask(test, node).leases.first)
        #expect(try answer(test, lease, .unknown("the cloud is away")))
        let lost = try #require(try test.store.perform(GetLost(job: run.job)))
        #expect(lost.tries == tries && lost.dueAt == test.now + pause && lost.answeredAt == test.now)
        #expect(lost.answer == "unknown: the cloud is away")
        #expect(try ask(test, node) == ReconcileClaims(leases: [], nextDueInMilliseconds: pause))
        test.pass(milliseconds: pause)
      }
      #expect(try test.reasons(run.job).filter { $0 == .reconciled }.count == 1)
      let lease = try #require(try ask(test, node).leases.first)
      #expect(try answer(test, lease, .unknown("another reason")))
      #expect(try test.reasons(run.job).filter { $0 == .reconciled }.count == 2)
      #expect(try test.store.perform(RequestReconcile(job: run.job)) == .done)
      #expect(try ask(test, node).leases.count == 1, "asked for by hand")
    }
  }

  @Test("a job that its worker takes back is asked for no more", arguments: StoreFlavour.allCases)
  func takenBack(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: .lost, node)
      let lease = try #require(try ask(test, node).leases.first)
      let entry = InventoryEntry(job: run.job, fence: run.fence, phase: .running)
      let hello = try test.store.perform(
        Hello(node: nil, process: TestStore.process(9999), inventory: [entry]))
      #expect(hello.verdicts == [.keep])
      #expect(try !answer(test, lease, .failed("late")))
      #expect(try test.state(run.job) == "running")
      #expect(try test.store.perform(GetLost(job: run.job)) == nil)
      #expect(try test.store.perform(RequestReconcile(job: run.job)) == .notLost("running"))
      #expect(try test.store.perform(RequestReconcile(job: JobID(999))) == .notFound)
    }
  }

  @Test("workers are called when a job becomes lost", arguments: StoreFlavour.allCases)
  func signals(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (node, other) = (try test.makeNode(), try test.makeNode(pid: 5))
      _ = try test.running(node)
      let called = SignalCount()
      let observation = try test.store.observe(.worker(other)) { signal in
        if signal == .nodeCalled(other) { called.add() }
      }
      defer { observation.cancel() }
      _ = try test.store.perform(EndNode(node: node, detail: "x"))
      #expect(called.wait())
    }
  }
}
