import DataModel
import Storage
import TestSupport
import Testing

@Suite("Conformance: runs, cancels and late workers")
struct RunTests {
  @Test(
    "a whole life: every step is an event with its reason, and the end has all of it",
    arguments: StoreFlavour.allCases,
    [nil, MemoryUsage(allocations: 4, allocatedBytes: 5, peakBytes: 6, liveBytes: 7, liveBlocks: 8)])
  func life(_ flavour: StoreFlavour, memory: MemoryUsage?) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.leased(node)
      test.pass(milliseconds: 10)
      #expect(try test.write(node, run, .start) == .done)
      let row = try test.row(run.job)
      #expect(row.status == .live(.running) && row.attempt == 1 && row.node == node)
      #expect(row.startedAt == test.now && row.fence == run.fence && row.reason == .started)
      test.pass(milliseconds: 10)
      let usage = Usage(cpuNanoseconds: 1, wallNanoseconds: 2, hostCalls: 3, memory: memory)
      let end = RunEnd(
        code: ReturnCode.warning, message: "two of three\nthe third is full", result: #"{"vm":7}"#,
        leftBehind: ["disk a", "", "disk \u{1F4BE}"], usage: usage)
      #expect(try test.write(node, run, .finish(end)) == .done)
      let done = try test.row(run.job)
      #expect(done.node == node && done.attempt == 1 && done.startedAt == row.startedAt)
      #expect(done.reason == .returned)
      #expect(
        try test.end(run.job)
          == JobEnd(
            outcome: .warning, code: 2, message: end.message, result: end.result, leftBehind: end.leftBehind,
            usage: usage, finishedAt: test.now))
      let events = try test.store.perform(ListEvents(job: run.job))
      #expect(events.map(\.reason) == [.submitted, .claimed, .started, .returned])
      #expect(events.map(\.from) == ["", "ready", "leased", "running"])
      #expect(events.map(\.to) == ["ready", "leased", "running", "warning"])
      #expect(events.map(\.fence) == [0, 1, 1, 1] && events.map(\.id) == [1, 2, 3, 4])
      #expect(events.map(\.at) == [0, 0, 10, 20].map { test.now - 20 + $0 })
    }
  }

  @Test("a late worker cannot finish: its job was claimed again", arguments: StoreFlavour.allCases)
  func lateWorker(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let (old, new) = (try test.makeNode(), try test.makeNode(pid: 5))
      let first = try test.running(old, .idempotent)
      _ = try test.store.perform(EndNode(node: old, detail: "killed by signal 9"))
      let second = try test.claim(new)[0].run
      #expect(second == JobRun(job: first.job, fence: first.fence + 1))
      for act in Self.everyAct {
        #expect(try test.write(old, first, act) == .fenced, "\(act)")
      }
      #expect(try test.state(first.job) == "leased")
      #expect(try test.row(first.job).progress == nil)
      #expect(try test.store.perform(ListLogLines(job: first.job)).isEmpty)
      #expect(try test.write(new, second, .start) == .done)
      #expect(try test.write(old, first, .finish(RunEnd(code: 0))) == .fenced)
      #expect(try test.write(new, second, .finish(RunEnd(code: -8, message: "no disk"))) == .done)
      #expect(try test.end(first.job)?.outcome == .failed)
      #expect(try test.write(old, first, .finish(RunEnd(code: 0))) == .fenced)
      #expect(try test.end(first.job)?.message == "no disk")
      // A return under an old fence is an event: not twice in a row, and not again after the end.
      #expect(
        try test.reasons(first.job) == [
          .submitted, .claimed, .started, .workerEnded, .claimed, .fencedFinish, .started, .fencedFinish,
          .returned,
        ])
    }
  }

  static let everyAct: [RunWrite.Act] = [
    .start, .handBack, .passDeadline, .endGrace, .zombieReturned, .finish(RunEnd(code: 0)),
    .progress(JobProgress(done: 1, total: 2, message: "x", at: 3)),
    .log([LogLine(at: 1, level: 1, text: "x")]),
  ]

  @Test(
    "an outcome that is told late keeps its own time, within what can be", arguments: StoreFlavour.allCases)
  func toldLate(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      for (ended, isKept) in [(Int64(5), true), (-5, false), (1000, false)] {
        let run = try test.leased(node)
        #expect(try test.write(node, run, .start) == .done)
        let startedAt = test.now
        test.pass(milliseconds: 100)
        let end = RunEnd(code: 0, endedAt: startedAt + ended)
        #expect(try test.write(node, run, .finish(end)) == .done)
        let limits = ended < 0 ? startedAt : test.now
        #expect(try test.end(run.job)?.finishedAt == (isKept ? startedAt + ended : limits))
      }
    }
  }

  @Test("a finish whose answer was lost is done when it is sent again", arguments: StoreFlavour.allCases)
  func inDoubtFinish(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      #expect(try test.write(node, run, .finish(RunEnd(code: 0, message: "one"))) == .done)
      #expect(try test.write(node, run, .finish(RunEnd(code: -8, message: "two"))) == .done)
      #expect(try test.end(run.job)?.message == "one")
      #expect(try test.reasons(run.job) == [.submitted, .claimed, .started, .returned])
    }
  }

  @Test(
    "a start whose answer was lost is done when it is sent again, and starts nothing twice",
    arguments: StoreFlavour.allCases)
  func inDoubtStart(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      #expect(try test.write(node, run, .start) == .done)
      #expect(try test.row(run.job).attempt == 1)
      #expect(try test.reasons(run.job) == [.submitted, .claimed, .started])
    }
  }

  @Test("items of one request stand alone and follow each other", arguments: StoreFlavour.allCases)
  func items(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let (a, b) = (try test.leased(node), try test.leased(node))
      let wrong = JobRun(job: a.job, fence: 77)
      let nobody = JobRun(job: JobID(9999), fence: 1)
      let progress = JobProgress(done: 3, total: 9, message: "copy", at: test.now)
      let items: [(JobRun, RunWrite.Act, RunAnswer)] = [
        (a, .start, .done), (wrong, .start, .fenced), (nobody, .finish(RunEnd(code: 0)), .fenced),
        (a, .progress(progress), .done), (b, .progress(progress), .fenced),
        (a, .log([LogLine(at: 1, level: 1, text: "first")]), .done), (a, .finish(RunEnd(code: 0)), .done),
        (a, .log([LogLine(at: 2, level: 1, text: "after the end")]), .fenced), (a, .start, .fenced),
        (b, .handBack, .done),
      ]
      let answers = try test.store.perform(WriteRuns(node: node, items: items.map { RunWrite($0.0, $0.1) }))
      #expect(answers == items.map(\.2))
      #expect(try test.state(a.job) == "succeeded" && test.state(b.job) == "ready")
      #expect(try test.row(a.job).progress == progress)
      #expect(try test.store.perform(ListLogLines(job: a.job)).map(\.text) == ["first"])
    }
  }

  @Test("progress keeps the newest, log lines keep all, in order", arguments: StoreFlavour.allCases)
  func progressAndLog(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      for step in 1...3 {
        let progress = JobProgress(
          done: UInt64(step), total: UInt64.max, message: "step \(step)", at: test.now)
        #expect(try test.write(node, run, .progress(progress)) == .done)
        let lines = (0..<2).map { LogLine(at: test.now, level: UInt8($0), text: "line \(step).\($0)") }
        #expect(try test.write(node, run, .log(lines)) == .done)
      }
      #expect(try test.row(run.job).progress?.done == 3)
      #expect(try test.row(run.job).progress?.total == UInt64.max)
      let lines = try test.store.perform(ListLogLines(job: run.job))
      #expect(lines.map(\.text) == ["line 1.0", "line 1.1", "line 2.0", "line 2.1", "line 3.0", "line 3.1"])
      #expect(lines.map(\.level) == [0, 1, 0, 1, 0, 1])
      let rest = try test.store.perform(ListLogLines(job: run.job, after: lines[2].id, limit: 2))
      #expect(rest.map(\.text) == ["line 2.1", "line 3.0"])
    }
  }

  @Test("a cancel in each state", arguments: StoreFlavour.allCases, JobState.allCases)
  func cancel(_ flavour: StoreFlavour, _ state: JobState) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: state, node)
      let answer = try test.store.perform(RequestCancel(job: run.job))
      switch state {
      case .ready, .leased:
        #expect(answer == .cancelled)
        #expect(try test.state(run.job) == "cancelled")
        #expect(try test.reasons(run.job).last == .cancelledBeforeStart)
        #expect(try test.row(run.job).fence == run.fence + 1)
        #expect(try test.write(node, run, .start) == .fenced)
        #expect(try test.claim(node).isEmpty)
        #expect(try test.store.perform(RequestCancel(job: run.job)) == .alreadyEnded(.cancelled))
      case .running, .cancelling:
        #expect(answer == .cancelling)
        #expect(try test.state(run.job) == "cancelling" && test.row(run.job).cancelRequested)
        #expect(try test.reasons(run.job).filter { $0 == .cancelRequested }.count == 1)
      case .zombie, .lost:
        #expect(answer == .unreachable(state))
        #expect(try test.state(run.job) == state.name)
      }
      #expect(try test.store.perform(RequestCancel(job: JobID(12345))) == .notFound)
    }
  }

  @Test("what a cancelled run returned decides", arguments: StoreFlavour.allCases)
  func cancelledReturn(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let (stopped, finished) = (try test.job(in: .cancelling, node), try test.job(in: .cancelling, node))
      #expect(try test.write(node, stopped, .finish(RunEnd(code: ReturnCode.cancelled))) == .done)
      #expect(try test.write(node, finished, .finish(RunEnd(code: 0))) == .done)
      #expect(try test.state(stopped.job) == "cancelled" && test.reasons(stopped.job).last == .returned)
      #expect(
        try test.state(finished.job) == "succeeded" && test.reasons(finished.job).last == .cancelTooLate)
    }
  }

  @Test("a run past its deadline is asked to stop, and times out", arguments: StoreFlavour.allCases)
  func deadline(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      #expect(try test.write(node, run, .passDeadline) == .done)
      #expect(try test.write(node, run, .passDeadline) == .done)
      #expect(try test.state(run.job) == "cancelling")
      let end = RunEnd(code: ReturnCode.deadline, stopBits: StopBits.deadline)
      #expect(try test.write(node, run, .finish(end)) == .done)
      #expect(try test.state(run.job) == "timed_out")
      #expect(try test.reasons(run.job) == [.submitted, .claimed, .started, .deadlinePassed, .returned])
    }
  }

  @Test("a zombie's return ends it and is not taken", arguments: StoreFlavour.allCases)
  func zombie(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: .zombie, node)
      #expect(try test.row(run.job).fence == run.fence + 1)
      let late = RunEnd(code: 0, message: "made it after all", result: "{}")
      #expect(try test.write(node, run, .finish(late)) == .fenced)
      #expect(try test.write(node, run, .log([LogLine(at: 1, level: 1, text: "x")])) == .fenced)
      #expect(try test.state(run.job) == "zombie")
      #expect(try test.write(node, run, .zombieReturned) == .done)
      #expect(try test.write(node, run, .zombieReturned) == .done)
      let end = try #require(try test.end(run.job))
      #expect(end.outcome == .cancelled && end.result == nil)
      #expect(
        try test.reasons(run.job) == [
          .submitted, .claimed, .started, .cancelRequested, .graceOver, .fencedFinish, .zombieReturned,
        ])
    }
  }
}
