import Glibc
import Synchronization

/// Named points at which a test may kill or stop this process, armed by the environment:
/// `BULKHEAD_FAULT="store.before_commit:3=kill,run.before_entry=stop"`: the third time the first point is
/// reached the process kills itself, the first time the second is reached it stops itself.
/// Nothing armed costs one load.
package enum FaultPoint {
  private struct Armed: Sendable {
    let name: String
    let signal: Int32
    var count: Int
  }

  private static let isArmed = getenv("BULKHEAD_FAULT").map { $0.pointee != 0 } ?? false
  private static let armed = Mutex(parse(getenv("BULKHEAD_FAULT").map { String(cString: $0) } ?? ""))

  @inline(__always)
  package static func reach(_ name: StaticString) {
    if isArmed { count("\(name)") }
  }

  private static func count(_ name: String) {
    let signal = armed.withLock { points -> Int32? in
      guard let place = points.firstIndex(where: { $0.name == name && $0.count > 0 }) else { return nil }
      points[place].count -= 1
      return points[place].count == 0 ? points[place].signal : nil
    }
    if let signal { kill(getpid(), signal) }
  }

  private static func parse(_ text: String) -> [Armed] {
    text.split(separator: ",").map { item in
      let sides = item.split(separator: "=", maxSplits: 1)
      let parts = (sides.first ?? "").split(separator: ":", maxSplits: 1)
      return Armed(
        name: String(parts.first ?? ""), signal: sides.count > 1 && sides[1] == "stop" ? SIGSTOP : SIGKILL,
        count: parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }
  }
}
