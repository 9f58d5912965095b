import DataModel
import SQLiteStorage
import Storage
import TestSupport
import Testing
import Threading

/// Counts signals; a test waits for the first.
final class SignalCount: Sendable {
  private let count = Condition(0)

  func add() { count.update { $0 += 1 } }
  func wait() -> Bool { count.wait(milliseconds: 20_000) { $0 > 0 ? true : nil } ?? false }
}

@Suite("Conformance: people decide about lost jobs")
struct ResolveTests {
  private func resolve(
    _ test: TestStore, _ job: JobID, _ resolution: Resolution, result: String? = nil
  ) throws -> LostJobAnswer {
    try test.store.perform(ResolveJob(job: job, resolution: resolution, result: result))
  }

  @Test("each verdict, with its event and its audit", arguments: StoreFlavour.allCases)
  func verdicts(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      for verdict in Resolution.Verdict.allCases {
        let run = try test.job(in: .lost, node)
        let result = verdict == .succeeded ? #"{"vm":"1"}"# : nil
        #expect(try resolve(test, run.job, Resolution(verdict, reason: "I looked"), result: result) == .done)
        #expect(try test.state(run.job) == (verdict == .rerun ? "ready" : verdict.name))
        let event = try #require(try test.store.perform(ListEvents(job: run.job)).last)
        #expect(event.reason == .resolved)
        #expect(event.detail.hasPrefix("as \(verdict.name): I looked, by "))
        let audit = try #require(try test.store.perform(ListAudit(limit: 1)).first)
        #expect(audit.verb == "jobs resolve" && audit.subject == "job \(run.job)" && audit.at == test.now)
        #expect(audit.detail == "as \(verdict.name): I looked" && audit.who.contains("uid "))
        #expect(event.detail.hasSuffix(audit.who))
        if let end = try test.end(run.job) { #expect(end.message == "I looked" && end.result == result) }
        #expect(try test.write(node, run, .finish(RunEnd(code: 0))) == .fenced)
        #expect(
          try resolve(test, run.job, Resolution(verdict))
            == .notLost(verdict == .rerun ? "ready" : verdict.name))
      }
      #expect(try test.store.perform(ListAudit()).count == 4)
    }
  }

  @Test("what the run left behind stays with the end", arguments: StoreFlavour.allCases)
  func leftBehind(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      let end = RunEnd(code: ReturnCode.unknown, message: "m", leftBehind: ["delete VM web-1"])
      _ = try test.write(node, run, .finish(end))
      #expect(try resolve(test, run.job, Resolution(.failed)) == .done)
      let stored = try #require(try test.end(run.job))
      #expect(stored.leftBehind == ["delete VM web-1"] && stored.message.hasPrefix("decided by "))
    }
  }

  @Test("only lost jobs are decided about", arguments: StoreFlavour.allCases)
  func notLost(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      for state in JobState.allCases.reversed() where state != .lost {
        let run = try test.job(in: state, node)
        #expect(try resolve(test, run.job, Resolution(.failed)) == .notLost(state.name))
        #expect(try test.state(run.job) == state.name)
      }
      #expect(try resolve(test, JobID(999), Resolution(.failed)) == .notFound)
      #expect(try test.store.perform(ListAudit()).isEmpty)
    }
  }

  @Test(
    "without proof that the old run ended, a rerun has to be attested",
    arguments: [StoreFlavour.direct, .remote])
  func proof(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let run = try test.job(in: .lost, try test.makeNode())
      // As a job that became lost before its proof was written down.
      let connection = try SQLiteConnection(path: test.path)
      try connection.run("update job_live set run_ended = 0", [])
      connection.close()
      #expect(try resolve(test, run.job, Resolution(.rerun)) == .needsProof)
      #expect(try test.state(run.job) == "lost" && test.store.perform(ListAudit()).isEmpty)
      let node = try test.makeNode(pid: 5)
      let lease = try #require(
        try test.store.perform(
          ClaimReconciles(node: node, kinds: [TestStore.kind], asking: [], limit: 1)
        ).leases.first)
      let answer = ReconcileAnswer.notStarted("no such VM")
      #expect(try test.store.perform(FinishReconcile(ask: lease.ask, job: run.job, answer: answer)))
      #expect(try test.state(run.job) == "lost")
      #expect(try test.store.perform(GetLost(job: run.job))?.answer == "not_started: no such VM")
      #expect(try resolve(test, run.job, Resolution(.rerun, attestsRunEnded: true)) == .done)
      #expect(try test.row(run.job).fence == run.fence + 1)
      let audit = try #require(try test.store.perform(ListAudit()).first)
      #expect(audit.detail == "as rerun, the end of the old run attested")
    }
  }

  @Test("the audit is read newest first, page by page", arguments: StoreFlavour.allCases)
  func audit(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      for _ in 0..<5 {
        _ = try resolve(test, test.job(in: .lost, node).job, Resolution(.cancelled))
      }
      let all = try test.store.perform(ListAudit())
      #expect(all.map(\.id) == [5, 4, 3, 2, 1])
      #expect(try test.store.perform(ListAudit(before: 4, limit: 2)) == Array(all[2...3]))
      #expect(try test.store.perform(ListAudit(before: 1)).isEmpty)
    }
  }
}
