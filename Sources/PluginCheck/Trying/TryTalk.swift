import PluginHost
import Threading

/// What one child has said so far, and what that makes of its runs.
final class TryTalk {
  private static let errorLimit = 64 << 10
  /// What the child writes to its standard error when a run has ended: what stands before it is that run's.
  static let errorMark = Array(errorMarkText.utf8)
  private static let errorMarkText = "\u{0}bulkhead: a run has ended\u{0}\n"

  private(set) var reports: [TryReport] = []
  /// Of CLOCK_MONOTONIC, nanoseconds: until then the child has to say something.
  private(set) var deadline: Int64 = 0
  private let onEvent: @Sendable (TryEvent) -> Void
  private var isLoaded = false
  private var refusal: String?
  /// The run that is going on, as far as it is known.
  private var open: TryReport?
  private var errors: [UInt8] = []
  private var crash: Int32?
  private var overflow = ""
  private var frames: [CodePlace] = []

  init(_ plan: TryPlan, onEvent: @escaping @Sendable (TryEvent) -> Void) {
    self.onEvent = onEvent
  }

  func expect(milliseconds: Int64) {
    deadline = MonotonicClock.nanoseconds + milliseconds * 1_000_000
  }

  func hear(errors bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    onEvent(.wrote(String(decoding: bytes, as: UTF8.self).replacing(Self.errorMarkText, with: "")))
    errors += bytes
    // Of one that writes without end the beginning is kept, and what may be the beginning of a mark.
    let kept = Self.errorLimit + Self.errorMark.count
    guard errors.count > 4 * kept, errors.firstRange(of: Self.errorMark) == nil else { return }
    errors.removeSubrange(Self.errorLimit..<(errors.count - Self.errorMark.count))
  }

  func hear(_ line: String, runLimit: Int64) {
    if let crash = CrashLine(line: line) {
      switch crash {
      case .signal(let number, let overflow): (self.crash, self.overflow) = (number, overflow)
      case .frame(let place): frames.append(place)
      }
      return
    }
    guard let event = TryEvent(line: line) else { return }
    switch event {
    case .loaded: isLoaded = true
    case .refused(let rule, let cure): refusal = Objection.joined(rule, cure)
    case .began:
      open = TryReport(ending: .outOfTime)
      expect(milliseconds: runLimit)
    case .log(let level, let text): open?.logs.append(TryReport.LogLine(level: level, text: text))
    case .progress, .wrote: break
    case .ended(var report):
      report.logs = open?.logs ?? []
      report.errors = takeErrors()
      reports.append(report)
      open = nil
      expect(milliseconds: runLimit)
    }
    onEvent(event)
  }

  /// The child is gone. Gives why nothing can be run at all; nil when it did some.
  func end(status: Int32, isInTime: Bool) -> String? {
    let signal = crash ?? (status & 0x7F)
    let ending: TryReport.Ending =
      !isInTime && crash == nil
      ? .outOfTime : signal != 0 ? .signalled(signal) : .exited((status >> 8) & 0xFF)
    if var report = open {
      report.ending = ending
      report.errors = takeErrors()
      report.tracePlaces = frames
      report.reason = Self.reasons[overflow] ?? ""
      reports.append(report)
      return nil
    }
    if let refusal { return refusal }
    if !isLoaded { return Self.loadProblem(ending, String(decoding: errors, as: UTF8.self)) }
    return nil
  }

  private static let reasons = [
    "run-stack": "stack overflow: a run has 256 KiB of stack",
    "stack": "stack overflow of a thread that the plug-in has started",
  ]

  private static func loadProblem(_ ending: TryReport.Ending, _ errors: String) -> String {
    let last = errors.split(whereSeparator: \.isNewline).last.map { " (it wrote: \($0.prefix(200)))" } ?? ""
    switch ending {
    case .outOfTime: return "loading it did not come to an end\(last)"
    case .signalled(let number): return "loading it crashed with \(TrialLoad.signalName(number))\(last)"
    default: return "loading it ended the process\(last)"
    }
  }

  /// What was written up to the next mark, or all when there is none.
  private func takeErrors() -> String {
    let mark = errors.firstRange(of: Self.errorMark) ?? errors.count..<errors.count
    defer { errors.removeSubrange(..<mark.upperBound) }
    return String(decoding: errors[..<mark.lowerBound].prefix(Self.errorLimit), as: UTF8.self)
  }
}
