/// What a run has done with its steps. Pure.
struct RunSteps {
  /// Names that were done in this run: a second use is a mistake.
  private var done: Set<String> = []
  /// Names whose `perform` was called in this run and has not succeeded.
  private var tried: Set<String> = []
  /// Names with tokens that an earlier run began, and of which nobody could tell yet.
  private var open: [String: String] = [:]
  private var underWay: String?
  /// It could not be told what came of one: the run has to end, and its job is lost.
  private(set) var isUnknown = false

  /// What is wrong with beginning that step now; nil when nothing is.
  mutating func enter(_ name: String) -> String? {
    if let underWay { return "bh_step: \"\(name)\" was called inside the step \"\(underWay)\"" }
    if done.contains(name) {
      return "bh_step: \"\(name)\" was done in this run already; each step needs a name of its own"
    }
    underWay = name
    return nil
  }

  mutating func leave() { underWay = nil }

  func wasTried(_ name: String) -> Bool { tried.contains(name) }

  mutating func willPerform(_ name: String) {
    tried.insert(name)
    open[name] = nil
  }

  mutating func isDone(_ name: String) {
    done.insert(name)
    open[name] = nil
  }

  mutating func isOpen(_ name: String, token: String) { open[name] = token }

  mutating func becomeUnknown() { isUnknown = true }

  /// For people: what may exist outside although the run could not find out.
  var leftBehind: [String] {
    open.sorted { $0.key < $1.key }.map {
      "step \"\($0.key)\": an earlier run began it, and whether it was done is not known (token \($0.value))"
    }
  }
}
