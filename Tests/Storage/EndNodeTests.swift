import DataModel
import Storage
import TestSupport
import Testing

@Suite("Conformance: the end of a node")
struct EndNodeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let state: JobState
    let rule: RepeatRule
    let after: String
    let reason: ReasonCode
    var testDescription: String { "\(state.name), repeat \(rule.name)" }
  }

  static let cases: [Case] = [
    Case(state: .leased, rule: .never, after: "ready", reason: .workerEnded),
    Case(state: .leased, rule: .idempotent, after: "ready", reason: .workerEnded),
    Case(state: .running, rule: .never, after: "lost", reason: .workerEnded),
    Case(state: .running, rule: .idempotent, after: "ready", reason: .workerEnded),
    Case(state: .leased, rule: .steps, after: "ready", reason: .workerEnded),
    Case(state: .running, rule: .steps, after: "ready", reason: .workerEnded),
    Case(state: .cancelling, rule: .steps, after: "cancelled", reason: .endedWhileCancelling),
    Case(state: .zombie, rule: .steps, after: "cancelled", reason: .endedWhileCancelling),
    Case(state: .cancelling, rule: .never, after: "lost", reason: .endedWhileCancelling),
    Case(state: .cancelling, rule: .idempotent, after: "cancelled", reason: .endedWhileCancelling),
    Case(state: .zombie, rule: .never, after: "lost", reason: .endedWhileCancelling),
    Case(state: .zombie, rule: .idempotent, after: "cancelled", reason: .endedWhileCancelling),
  ]

  @Test("each state and repeat rule", arguments: StoreFlavour.allCases, cases)
  func end(_ flavour: StoreFlavour, _ example: Case) throws {
    try TestStore.with(flavour) { test in
      let (node, other) = (try test.makeNode(), try test.makeNode(pid: 5))
      let run = try test.job(in: example.state, node, example.rule)
      let untouched = try test.running(other)
      let answer = try test.store.perform(EndNode(node: node, detail: "killed by signal 9"))
      #expect(answer.requeued == (example.after == "ready" ? 1 : 0))
      #expect(answer.lost == (example.after == "lost" ? 1 : 0))
      #expect(answer.ended == (example.after == "cancelled" ? 1 : 0))
      #expect(try test.state(run.job) == example.after)
      let event = try #require(try test.store.perform(ListEvents(job: run.job)).last)
      #expect(event.reason == example.reason && event.to == example.after)
      #expect(event.detail == "worker \(node) killed by signal 9")
      #expect(try test.state(untouched.job) == "running")
      #expect(try test.store.perform(ListNodes()).map(\.id) == [other])
    }
  }

  @Test(
    "an idempotent job fails when its worker ended during every attempt", arguments: StoreFlavour.allCases)
  func attempts(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      var run = try test.running(try test.makeNode(pid: 1), .idempotent)
      for pid: Int32 in 2...4 {
        let node = try #require(try test.row(run.job).node)
        _ = try test.store.perform(EndNode(node: node, detail: "killed by signal 11"))
        if pid == 4 { break }
        #expect(try test.state(run.job) == "ready")
        let next = try test.makeNode(pid: pid)
        let lease = try test.claim(next)[0]
        #expect(lease.attempt == Int(pid))
        run = lease.run
        #expect(try test.write(next, run, .start) == .done)
      }
      #expect(try test.end(run.job)?.outcome == .failed)
      #expect(try test.end(run.job)?.message.contains("3 attempts") == true)
      #expect(try test.reasons(run.job).last == .attemptsExhausted)
    }
  }

  @Test("a lost job is ended by the outcome of the same fence", arguments: StoreFlavour.allCases)
  func lateOutcome(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      _ = try test.store.perform(EndNode(node: node, detail: "vanished"))
      #expect(try test.write(node, JobRun(job: run.job, fence: 9), .finish(RunEnd(code: 0))) == .fenced)
      #expect(
        try test.write(node, run, .progress(JobProgress(done: 1, total: 1, message: "", at: 1))) == .fenced)
      #expect(try test.write(node, run, .finish(RunEnd(code: 0))) == .done)
      #expect(try test.state(run.job) == "succeeded")
      #expect(try test.reasons(run.job).suffix(2) == [.fencedFinish, .finishedLate])
    }
  }

  @Test("ending twice changes nothing; an unknown node is not found", arguments: StoreFlavour.allCases)
  func twice(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      _ = try test.leased(node)
      #expect(try test.store.perform(EndNode(node: node, detail: "x")).requeued == 1)
      let again = try test.store.perform(EndNode(node: node, detail: "y"))
      #expect(again == EndNodeAnswer(requeued: 0, lost: 0, ended: 0))
      #expect(refusal { try test.store.perform(EndNode(node: NodeID(44), detail: "z")) }?.code == .notFound)
      #expect(try test.makeNode() != node)
    }
  }

  @Test(
    "all started jobs of a node, or of all nodes, are asked to stop, and unstarted ones handed back",
    arguments: StoreFlavour.allCases)
  func cancelAll(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (node, other) = (try test.makeNode(), try test.makeNode(pid: 5))
      let (leased, running) = (try test.leased(node), try test.running(node))
      let asked = try test.job(in: .cancelling, node)
      let theirs = try test.running(other)
      let waiting = try test.submit()[0]
      #expect(try test.store.perform(CancelNodeJobs(node: node)) == 1)
      #expect(try test.state(leased.job) == "ready" && test.reasons(leased.job).last == .handedBack)
      #expect(try test.write(node, leased, .start) == .fenced)
      #expect(try test.state(running.job) == "cancelling")
      #expect(try test.state(asked.job) == "cancelling" && test.state(theirs.job) == "running")
      #expect(try test.store.perform(CancelNodeJobs(node: nil)) == 1)
      #expect(try test.state(theirs.job) == "cancelling" && test.state(waiting) == "ready")
      #expect(try test.store.perform(CancelNodeJobs(node: nil)) == 0)
    }
  }
}
