import DataModel
import SQLiteStorage
import Storage
import TestSupport
import Testing

@Suite("Conformance: steps")
struct StepTests {
  @Test(
    "a step begins once, is recorded once, and is replayed in the next attempt",
    arguments: StoreFlavour.allCases)
  func life(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node, .steps)
      #expect(try test.store.perform(BeginStep(run: run, name: "a")) == .fresh)
      #expect(try test.store.perform(BeginStep(run: run, name: "a")) == .fresh, "its answer was lost")
      test.pass(milliseconds: 10)
      #expect(try test.store.perform(EndStep(run: run, name: "a", result: "vm-1")))
      #expect(try test.store.perform(EndStep(run: run, name: "a", result: "vm-2")), "told twice")
      #expect(try test.store.perform(BeginStep(run: run, name: "b")) == .fresh)
      _ = try test.store.perform(EndNode(node: node, detail: "killed"))

      let other = try test.makeNode(pid: 5)
      let next = try test.claim(other)[0].run
      #expect(try test.write(other, next, .start) == .done)
      #expect(try test.store.perform(BeginStep(run: next, name: "b")) == .begun)
      #expect(try test.store.perform(BeginStep(run: next, name: "a")) == .done(result: "vm-1"))
      #expect(try test.store.perform(EndStep(run: next, name: "b", result: "")))
      #expect(try test.store.perform(BeginStep(run: next, name: "b")) == .done(result: ""))
      let steps = try test.store.perform(ListSteps(job: run.job))
      #expect(steps.map(\.name) == ["a", "b"] && steps.map(\.result) == ["vm-1", ""])
      #expect(steps.map(\.stateName) == ["done", "done"])
      #expect(steps[0].doneAt == steps[0].begunAt + 10)
      let submitted = try test.row(run.job).submittedAt
      #expect(steps[0].token == StepToken.make(job: run.job, submittedAt: submitted, name: "a"))
    }
  }

  @Test("a run that lost its job records nothing", arguments: StoreFlavour.allCases)
  func fenced(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      let stranger = JobRun(job: run.job, fence: run.fence + 1)
      #expect(try test.store.perform(BeginStep(run: run, name: "a")) == .fresh)
      #expect(try test.store.perform(BeginStep(run: stranger, name: "b")) == .fenced)
      #expect(try !test.store.perform(EndStep(run: stranger, name: "a", result: "")))
      #expect(try test.store.perform(BeginStep(run: JobRun(job: JobID(999), fence: 1), name: "a")) == .fenced)
      for state in JobState.allCases.reversed() where state != .running && state != .cancelling {
        let run = try test.job(in: state, node)
        #expect(try test.store.perform(BeginStep(run: run, name: "a")) == .fenced, "\(state)")
        #expect(try !test.store.perform(EndStep(run: run, name: "a", result: "")), "\(state)")
      }
    }
  }

  @Test("what was done is recorded also after a cancel", arguments: StoreFlavour.allCases)
  func cancelled(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let run = try test.running(try test.makeNode())
      #expect(try test.store.perform(BeginStep(run: run, name: "a")) == .fresh)
      #expect(try test.store.perform(RequestCancel(job: run.job)) == .cancelling)
      #expect(try test.store.perform(EndStep(run: run, name: "a", result: "vm")))
      #expect(try test.store.perform(ListSteps(job: run.job)).map(\.result) == ["vm"])
    }
  }

  @Test(
    "a job that ends with its worker names its open steps as left behind", arguments: StoreFlavour.allCases)
  func leftBehind(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node, .steps)
      for name in ["done", "open"] { _ = try test.store.perform(BeginStep(run: run, name: name)) }
      _ = try test.store.perform(EndStep(run: run, name: "done", result: ""))
      _ = try test.store.perform(RequestCancel(job: run.job))
      _ = try test.store.perform(EndNode(node: node, detail: "killed"))
      let end = try #require(try test.end(run.job))
      #expect(end.outcome == .cancelled && end.leftBehind.count == 1 && end.code == ReturnCode.unknown)
      #expect(end.leftBehind[0].hasPrefix("step \"open\": it began"))
    }
  }

  @Test("names, results and numbers beyond the limits are refused", arguments: StoreFlavour.allCases)
  func limits(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let run = try test.running(try test.makeNode())
      for name in ["", String(repeating: "n", count: 129), "a\nb"] {
        #expect(refusal { try test.store.perform(BeginStep(run: run, name: name)) }?.code == .invalid)
      }
      let name = String(repeating: "n", count: 128)
      #expect(try test.store.perform(BeginStep(run: run, name: name)) == .fresh)
      let long = String(repeating: "x", count: StepToken.resultLimit)
      let error = refusal { try test.store.perform(EndStep(run: run, name: name, result: long + "x")) }
      #expect(error?.code == .invalid)
      #expect(try test.store.perform(EndStep(run: run, name: name, result: long)))
      #expect(
        refusal { try test.store.perform(EndStep(run: run, name: "never", result: "")) }?.code == .notFound)
      if flavour == .memory { return }
      let connection = try SQLiteConnection(path: test.path)
      defer { connection.close() }
      try connection.run("update job_step set number = $1", [.int(Int64(StepToken.countLimit))])
      #expect(try test.store.perform(BeginStep(run: run, name: "one more")) == .full)
    }
  }
}
