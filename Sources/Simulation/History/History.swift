import DataModel
import Storage

/// What happened in one world: hashed, judged as it comes, and kept as text where somebody wants to read it.
final class History {
  private(set) var checker: HistoryChecker
  private(set) var hash = HistoryHash()
  private(set) var trace: [String] = []
  private(set) var count = 0
  /// How often each arrow was taken: what the worlds have met, and what they have not.
  private(set) var arrows: [String: Int] = [:]
  /// Outcomes that went to an outbox.
  private(set) var kept = 0
  private let keepsTrace: Bool
  /// The newest entries, for the report of a violation.
  private var tail: [String] = []
  private var tailPlace = 0
  private static let tailLength = 60

  init(plan: Plan, keepsTrace: Bool) {
    checker = HistoryChecker(plan)
    self.keepsTrace = keepsTrace
  }

  var violations: [String] { checker.violations }

  func fail(_ text: String) { checker.fail(text) }

  func record(_ entry: HistoryEntry, at time: Int64) {
    count += 1
    let text = entry.description
    hash.add(text, at: time)
    let line = "\(time) ms  " + text
    if keepsTrace { trace.append(line) }
    if tail.count < Self.tailLength {
      tail.append(line)
    } else {
      tail[tailPlace] = line
      tailPlace = (tailPlace + 1) % Self.tailLength
    }
    if case .event(let event, _) = entry {
      arrows["\(event.from) -> \(event.to) (\(event.reason.rawValue))", default: 0] += 1
    }
    if case .kept = entry { kept += 1 }
    checker.take(entry)
  }

  /// The last entries, oldest first.
  var last: [String] { Array(tail[tailPlace...]) + Array(tail[..<tailPlace]) }
}
