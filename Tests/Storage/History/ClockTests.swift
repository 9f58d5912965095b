import DataModel
import Storage
import TestSupport
import Testing

@Suite("Clocks that leap")
struct ClockTests {
  private static let day: Milliseconds = 86_400_000

  @Test(
    "however the clock leaps, a job's events stand in order and no run takes less than no time",
    arguments: StoreFlavour.allCases)
  func order(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let leaps = [3 * Self.day, -10 * Self.day, 5, -1, 400 * Self.day, -400 * Self.day]
      for (index, leap) in leaps.enumerated() {
        let job = try test.submit()[0]
        test.pass(milliseconds: leap)
        let run = try test.claim(node)[0].run
        test.pass(milliseconds: -leap / 2)
        _ = try test.write(node, run, .start)
        test.pass(milliseconds: leap)
        _ = try test.store.perform(RequestCancel(job: job))
        test.pass(milliseconds: -2 * leap)
        // The worker's own clock may leap too.
        let told = index.isMultiple(of: 2) ? test.now + leap : 0
        _ = try test.write(node, run, .finish(RunEnd(code: 0, endedAt: told)))
        let row = try test.row(job)
        let times = try test.store.perform(ListEvents(job: job)).map(\.at)
        #expect(times.count == 5 && times == times.sorted(), "\(leap): \(times)")
        let end = try test.end(job)
        let started = try #require(row.startedAt)
        #expect(started >= row.submittedAt && (end?.finishedAt ?? 0) >= started, "\(leap)")
      }
    }
  }

  @Test("an event that comes after the end stands after it", arguments: StoreFlavour.allCases)
  func afterTheEnd(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: .zombie, node)
      _ = try test.store.perform(EndNode(node: node, detail: "killed"))
      let other = try test.makeNode(pid: 5)
      let done = try test.running(other)
      _ = try test.write(other, done, .finish(RunEnd(code: 0)))
      test.pass(milliseconds: -Self.day)
      _ = try test.write(other, JobRun(job: done.job, fence: done.fence - 1), .finish(RunEnd(code: 0)))
      let events = try test.store.perform(ListEvents(job: done.job))
      #expect(events.last?.reason == .fencedFinish && events.map(\.at) == events.map(\.at).sorted())
      #expect(try test.state(run.job) == "lost")
    }
  }

  @Test(
    "a submit that is sent again is known, however far the clock has leapt", arguments: StoreFlavour.allCases)
  func submits(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let batch = SubmitJobs(batchID: TestStore.batchID(), jobs: [JobRequest(kind: TestStore.kind)])
      let ids = try test.store.perform(batch)
      test.pass(milliseconds: 100 * Self.day)
      _ = try test.submit()
      #expect(try test.store.perform(batch) == ids)
    }
  }

  /// Looks at clocks, one after the other.
  private final class Looks {
    private var trust = ClockTrust()

    func isTrusted(_ wall: Milliseconds, _ monotonic: Milliseconds, newest: Milliseconds) -> Bool {
      trust.isTrusted(wall: wall, monotonic: monotonic, newest: newest)
    }
  }

  @Test("a clock that goes evenly is believed at once")
  func even() {
    let looks = Looks()
    for minute: Int64 in 0..<100 {
      let time = minute * 60_000
      #expect(looks.isTrusted(1_000_000_000 + time + minute, time, newest: 999_999_000))
    }
  }

  @Test("after a leap nothing is old before the clock has gone evenly for an hour")
  func leaps() {
    var trust = ClockTrust()
    var (wall, monotonic) = (Milliseconds(1_000_000_000_000), Milliseconds(0))
    let look = { (passed: Milliseconds, leap: Milliseconds) -> Bool in
      monotonic += passed
      wall += passed + leap
      return trust.isTrusted(wall: wall, monotonic: monotonic, newest: wall - 5000)
    }
    #expect(look(0, 0))
    #expect(!look(60_000, 90 * Self.day))
    #expect(!look(1_800_000, 0))
    // Back again, which is a leap as well.
    #expect(!look(60_000, -90 * Self.day))
    #expect(!look(ClockTrust.probation - 1, 0))
    #expect(look(1, 0))
    #expect(look(60_000, ClockTrust.drift))
  }

  @Test("a clock that stands a year after all that is stored is not believed at the start, a new store's is")
  func start() {
    let now: Milliseconds = 1_800_000_000_000
    let late = Looks()
    #expect(!late.isTrusted(now, 0, newest: now - 365 * Self.day))
    #expect(!late.isTrusted(now + 60_000, 60_000, newest: 0))
    #expect(late.isTrusted(now + ClockTrust.probation + 1, ClockTrust.probation + 1, newest: 0))
    #expect(Looks().isTrusted(now, 0, newest: 0))
    #expect(Looks().isTrusted(now, 0, newest: now + 365 * Self.day))
  }

  @Test("the newest time is told by a look that removes nothing", arguments: StoreFlavour.allCases)
  func newest(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      #expect(try test.store.perform(PruneHistory()).newest == 0)
      let node = try test.makeNode()
      #expect(try test.store.perform(PruneHistory()).newest == test.now)
      test.pass(milliseconds: 9)
      let run = try test.running(node)
      _ = try test.write(node, run, .finish(RunEnd(code: 0)))
      #expect(try test.store.perform(PruneHistory()) == PruneAnswer(newest: test.now))
    }
  }
}
