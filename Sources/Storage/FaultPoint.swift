import Glibc
import Synchronization

/// Named points at which a test may kill or stop this process, armed by the environment:
/// `BULKHEAD_FAULT="store.before_commit:3=kill,run.before_entry=stop"`: the third time the first point is
/// reached the process kills itself, the first time the second is reached it stops itself.
/// Nothing armed costs one load.
package enum FaultPoint {
  private static let plan = Mutex(FaultPlan(environment))
  private static let isArmed = !environment.isEmpty
  private static var environment: String { getenv("BULKHEAD_FAULT").map { String(cString: $0) } ?? "" }

  @inline(__always)
  package static func reach(_ name: StaticString) {
    if isArmed { count("\(name)") }
  }

  private static func count(_ name: String) {
    if let signal = plan.withLock({ $0.reach(name) }) { kill(getpid(), signal) }
  }
}

/// What is armed, and how often each point has still to be reached.
package struct FaultPlan: Sendable {
  private struct Fault: Sendable {
    let name: String
    let signal: Int32
    var count: Int
  }

  private var faults: [Fault]

  /// `NAME[:COUNT][=kill|=stop]`, separated by commas. A text that says it otherwise arms nothing.
  package init(_ text: String) {
    faults = text.split(separator: ",").compactMap { item in
      let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let parts = sides[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let signal = Self.signal(sides.count > 1 ? String(sides[1]) : "kill") else { return nil }
      guard let count = parts.count > 1 ? Int(parts[1]) : 1, count > 0, !parts[0].isEmpty else { return nil }
      return Fault(name: String(parts[0]), signal: signal, count: count)
    }
  }

  /// The signal to raise when this reach of the point is the one that counts.
  package mutating func reach(_ name: String) -> Int32? {
    guard let place = faults.firstIndex(where: { $0.name == name && $0.count > 0 }) else { return nil }
    faults[place].count -= 1
    return faults[place].count == 0 ? faults[place].signal : nil
  }

  private static func signal(_ name: String) -> Int32? {
    switch name {
    case "kill": SIGKILL
    case "stop": SIGSTOP
    default: nil
    }
  }
}
