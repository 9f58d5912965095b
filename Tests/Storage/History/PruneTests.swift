import DataModel
import Storage
import TestSupport
import Testing

@Suite("Conformance: history that goes")
struct PruneTests {
  private static let hour: Milliseconds = 3_600_000

  /// A job with events, log lines, progress and a step, that has ended with that code.
  private func ended(_ test: TestStore, _ node: NodeID, code: Int32 = 0, lines: Int = 3) throws -> JobID {
    let run = try test.running(node)
    let log = (0..<lines).map { LogLine(at: test.now, level: 1, text: "line \($0)") }
    _ = try test.write(node, run, .log(log))
    _ = try test.write(node, run, .progress(JobProgress(done: 1, total: 2, message: "m", at: test.now)))
    _ = try test.write(node, run, .finish(RunEnd(code: code)))
    return run.job
  }

  private func prune(_ test: TestStore, _ verb: PruneHistory) throws -> (jobs: Int, lines: Int, rounds: Int) {
    var (jobs, lines, rounds) = (0, 0, 0)
    while true {
      let answer = try test.store.perform(verb)
      jobs += answer.jobs
      lines += answer.logLines
      rounds += 1
      if answer.isDone || rounds > 10_000 { return (jobs, lines, rounds) }
      try test.checkTables()
    }
  }

  @Test(
    "jobs that ended long ago go whole, all else stays, and the counters follow",
    arguments: StoreFlavour.allCases)
  func jobs(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let old = try [0, 1, -8].map { try ended(test, node, code: $0) }
      test.pass(milliseconds: 2 * Self.hour)
      let young = try ended(test, node)
      var live: [JobID] = []
      for state in JobState.allCases.reversed() { live.append(try test.job(in: state, node).job) }
      let counted = try test.store.perform(CountJobs())
      let cutoff = test.now - Self.hour
      let done = try prune(test, PruneHistory(jobsBefore: cutoff, keptFor: Self.hour))
      #expect(done.jobs == 3 && done.lines == 9)
      for job in old {
        #expect(try test.store.perform(GetJob(job: job)) == nil)
        #expect(try test.store.perform(ListEvents(job: job)).isEmpty)
        #expect(try test.store.perform(ListLogLines(job: job)).isEmpty)
        #expect(try test.store.perform(FindPrunedJob(job: job)) == Self.hour)
      }
      let left = try test.store.perform(ListJobs(limit: 100)).map(\.id)
      #expect(Set(left) == Set(live + [young]))
      #expect(try test.store.perform(ListLogLines(job: young)).count == 3)
      for job in [young, JobID(0), JobID(-1), JobID(9999)] {
        #expect(try test.store.perform(FindPrunedJob(job: job)) == nil, "\(job)")
      }
      let counts = try test.store.perform(CountJobs())
      #expect(counts.values.reduce(0, +) == counted.values.reduce(0, +) - 3)
      // Ids go on from where they were.
      #expect(try test.submit()[0] > young)
    }
  }

  @Test("it goes in small rounds, however much one job has logged", arguments: StoreFlavour.allCases)
  func rounds(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let loud = try ended(test, node, lines: 500)
      for _ in 0..<20 { _ = try ended(test, node, lines: 1) }
      test.pass(milliseconds: 10)
      let verb = PruneHistory(jobsBefore: test.now, logsBefore: test.now, rows: 40)
      #expect(verb.yields && verb.cost == 40)
      let first = try test.store.perform(verb)
      #expect(first == PruneAnswer(jobs: 0, logLines: 40, isDone: false, newest: first.newest))
      #expect(try test.store.perform(GetJob(job: loud)) != nil)
      let done = try prune(test, verb)
      #expect(done.jobs == 21 && done.lines == 480 && done.rounds > 10)
      #expect(try test.store.perform(ListJobs()).isEmpty)
    }
  }

  @Test("logs go before their jobs", arguments: StoreFlavour.allCases)
  func logs(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let old = try (0..<5).map { _ in try ended(test, node) }
      test.pass(milliseconds: 2 * Self.hour)
      let young = try ended(test, node)
      let retention = Retention(jobs: 24 * Self.hour, logs: Self.hour)
      let done = try prune(test, retention.pruning(at: test.now, rows: 10))
      #expect(done.jobs == 0 && done.lines == 15)
      for job in old {
        #expect(try test.store.perform(ListLogLines(job: job)).isEmpty)
        #expect(try test.reasons(job).count == 4)
      }
      #expect(try test.store.perform(ListLogLines(job: young)).count == 3)
      test.pass(milliseconds: 2 * Self.hour)
      #expect(try prune(test, retention.pruning(at: test.now)).lines == 3)
      #expect(try prune(test, retention.pruning(at: test.now)).rounds == 1)
    }
  }

  @Test(
    "nothing goes where all is kept for ever, and nothing of what has not ended",
    arguments: StoreFlavour.allCases)
  func kept(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      _ = try ended(test, node)
      let lost = try test.job(in: .lost, node).job
      test.pass(milliseconds: 1000 * 24 * Self.hour)
      #expect(try prune(test, Retention(jobs: 0, logs: 0).pruning(at: test.now)).jobs == 0)
      #expect(try test.store.perform(ListJobs()).count == 2)
      #expect(try prune(test, Retention().pruning(at: test.now)).jobs == 1)
      #expect(try test.state(lost) == "lost")
    }
  }

  @Test("workers that ended long ago go, but not those that a job names", arguments: StoreFlavour.allCases)
  func nodes(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let gone = try test.makeNode(pid: 1)
      _ = try test.store.perform(EndNode(node: gone, detail: "exited with 0"))
      _ = try test.job(in: .lost, gone)
      let living = try test.makeNode(pid: 3)
      test.pass(milliseconds: 10)
      #expect(try prune(test, PruneHistory(jobsBefore: test.now)).jobs == 0)
      #expect(refusal { try test.store.perform(EndNode(node: gone, detail: "x")) }?.code == .notFound)
      #expect(try test.store.perform(ListNodes()).map(\.id) == [living])
    }
  }

  @Test("the space of what went is used again")
  func space() throws {
    let test = try TestStore()
    defer { test.end() }
    let node = try test.makeNode()
    let fill = { () throws -> Int64 in
      for _ in 0..<30 { _ = try self.ended(test, node, lines: 50) }
      return try test.store.perform(CheckStore()).bytes
    }
    let first = try fill()
    var last = first
    for _ in 0..<5 {
      test.pass(milliseconds: 10)
      _ = try prune(test, PruneHistory(jobsBefore: test.now))
      last = try fill()
    }
    #expect(last < first * 3 / 2)
  }
}
