import DataModel
import PluginHost

/// The codes that an action may return, and how reports are put into words.
enum ReturnCodes {
  static let cancelled: Int32 = -1
  static let deadline: Int32 = -2
  static let fenced: Int32 = -12

  /// Whether level 1 has the code. PARKED is reserved.
  static func has(_ code: Int32) -> Bool {
    ReturnCode.name(code) != nil && code != ReturnCode.parked
  }

  static func text(_ code: Int32) -> String {
    ReturnCode.name(code).map { "BH_\($0.uppercased()) (\(code))" } ?? "\(code)"
  }
}

extension TryReport {
  /// The code that it returned; nil when it did not come back.
  var code: Int32? {
    if case .returned(let code) = ending { code } else { nil }
  }

  /// It worked, with or without a warning.
  var succeeded: Bool { code == 0 || code == 2 }

  /// Why it could not be run at all.
  var obstacle: String? {
    if case .notRun(let why) = ending { why } else { nil }
  }

  /// The innermost place of the plug-in's own sources when a signal ended it, else the innermost of all.
  private var blamedPlace: String { ownPlace.isEmpty ? trace.first ?? "" : ownPlace }

  private var isStackOverflow: Bool { reason.hasPrefix("stack overflow") }

  /// What it did to its process instead of returning; nil when it returned.
  var breakdown: Observation? {
    let last = errors.split(whereSeparator: \.isNewline).last.map { "; it wrote: \($0.prefix(160))" } ?? ""
    switch ending {
    case .returned: return nil
    case .signalled(let number):
      return Observation(
        evidence: "it crashed with \(TrialLoad.signalName(number))"
          + (reason.isEmpty ? "" : " (\(reason))") + last,
        place: blamedPlace,
        cure: isStackOverflow
          ? "take large arrays from bh_alloc or the heap, and bound the recursion" : "debug it at that place")
    case .exited(let code):
      return Observation(
        evidence: "it ended the process with exit code \(code)\(last)", place: blamedPlace,
        cure: "return from the action; never call exit or abort")
    case .outOfTime:
      return Observation(
        evidence: "it did not return, although its deadline had passed long ago",
        cure: "put bh_checkpoint into every loop, and wait with bh_sleep and bh_poll")
    case .notRun(let why): return Observation(evidence: "it could not be run: \(why)")
    }
  }

  /// What is wrong with a run whatever was tried: a breakdown, a code that there is not, things left behind.
  var misconduct: Observation? {
    if let breakdown { return breakdown }
    if let code, !ReturnCodes.has(code) {
      return Observation(
        evidence: "it returned \(ReturnCodes.text(code)), which no host understands",
        cure: "return BH_OK, BH_WARNING or a negative code of bulkhead.h")
    }
    if let thing = leftBehind.first {
      return Observation(
        evidence: "it left behind: \(thing)", cure: "let the clean-up undo it, and return 0 when it is gone")
    }
    return nil
  }
}

extension Observation {
  /// With what was tried before it.
  func after(_ label: String) -> Observation {
    Observation(evidence: label + ": " + evidence, place: place, cure: cure)
  }

  /// With the action before the place.
  func of(_ action: String) -> Observation {
    Observation(evidence: evidence, place: place.isEmpty ? action : action + ", " + place, cure: cure)
  }
}
