import DataModel
import TestSupport
import Testing
import Threading

@testable import PluginHost

@Suite("Deadlines")
struct TimerTests {
  private final class Owner: Sendable {}

  @Test("what is due comes in the order of its time, whatever the order of its arrival", arguments: 1...20)
  func order(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var queue = DeadlineQueue()
    let owners = (0..<20).map { _ in Owner() }
    let done = Threading.Condition<[Int]>([])
    var wanted: [(time: Int64, number: Int, owner: Int)] = []
    for number in 0..<500 {
      let (time, owner) = (Int64.random(in: 0..<100, using: &random), Int.random(in: 0..<20, using: &random))
      queue.add(at: time, owner: ObjectIdentifier(owners[owner])) { done.update { $0.append(number) } }
      wanted.append((time, number, owner))
    }
    for owner in owners.indices where owner % 3 == 0 {
      queue.remove(owner: ObjectIdentifier(owners[owner]))
      wanted.removeAll { $0.owner == owner }
    }
    #expect(queue.count == wanted.count)
    #expect(queue.nextTime == wanted.map(\.time).min())
    for now in stride(from: Int64(0), through: 120, by: 7) {
      for action in queue.takeDue(now: now) { action() }
      let due = wanted.filter { $0.time <= now }.sorted { ($0.time, $0.number) < ($1.time, $1.number) }
      #expect(done.withLock { $0 } == due.map(\.number))
      #expect(queue.nextTime == wanted.map(\.time).filter { $0 > now }.min())
    }
    #expect(queue.count == 0 && queue.nextTime == nil)
  }

  @Test("cancelled entries leave nothing behind, also far in the future")
  func churn() {
    var queue = DeadlineQueue()
    let (owner, other) = (Owner(), Owner())
    queue.add(at: .max, owner: ObjectIdentifier(other)) {}
    weak var seen: Owner?
    for _ in 0..<10_000 {
      let held = Owner()
      seen = held
      queue.add(at: 1_000_000, owner: ObjectIdentifier(owner)) { _ = held }
      queue.remove(owner: ObjectIdentifier(owner))
    }
    #expect(queue.count == 1 && seen == nil)
    #expect(queue.heapCount <= 65)
  }

  @Test("an action is done once, after its time, by the timer's thread; a cancelled one never")
  func timer() async throws {
    try await onThread {
      let timer = DeadlineTimer()
      let (owner, cancelled) = (Owner(), Owner())
      let done = Threading.Condition<[String]>([])
      let start = MonotonicClock.nanoseconds
      timer.schedule(afterMilliseconds: 40, owner: ObjectIdentifier(owner)) {
        done.update { $0.append("late") }
      }
      timer.schedule(afterMilliseconds: 20, owner: ObjectIdentifier(cancelled)) {
        done.update { $0.append("never") }
      }
      timer.schedule(afterMilliseconds: 0, owner: ObjectIdentifier(owner)) {
        done.update { $0.append("now") }
      }
      timer.cancel(owner: ObjectIdentifier(cancelled))
      #expect(done.wait(milliseconds: 30_000) { $0.count == 2 ? true : nil } == true)
      #expect(done.withLock { $0 } == ["now", "late"])
      #expect(MonotonicClock.nanoseconds - start >= 40_000_000)
      #expect(timer.count == 0)
      timer.shutdown()
    }
  }

  @Test("an action may schedule the next one")
  func chain() async throws {
    try await onThread {
      let timer = DeadlineTimer()
      let owner = Owner()
      let count = Threading.Condition(0)
      @Sendable func again() {
        let now = count.update { count -> Int in
          count += 1
          return count
        }
        if now < 5 { timer.schedule(afterMilliseconds: 1, owner: ObjectIdentifier(owner), again) }
      }
      timer.schedule(afterMilliseconds: .min, owner: ObjectIdentifier(owner), again)
      #expect(count.wait(milliseconds: 30_000) { $0 == 5 ? true : nil } == true)
      timer.schedule(afterMilliseconds: .max, owner: ObjectIdentifier(owner)) {}
      #expect(timer.count == 1)
      timer.shutdown()
    }
  }

  @Test("a deadline ends a run")
  func deadline() async throws {
    let run = try StopTests.plugin.get().run("sleeps")
    DeadlineTimer.shared.schedule(afterMilliseconds: 20, owner: ObjectIdentifier(run)) { [weak run] in
      run?.raise(StopBits.deadline)
    }
    let end = try await execute(run)
    #expect(end.code == ReturnCode.deadline && end.stopBits == StopBits.deadline)
  }
}
