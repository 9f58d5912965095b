package import DataModel

/// What is to be checked, and how hard.
package struct CheckOptions: Sendable {
  /// Globs over ids (`elf.*`); empty: every rule that does not wait to be asked for.
  package var only: [String] = []
  package var skip: [String] = []
  /// None of the plug-in's code is run.
  package var isStatic = false
  package var seed: UInt64 = 1
  /// For all that is run, in milliseconds.
  package var budgetMilliseconds: Int64 = 45_000
  /// Between two cancel points, in milliseconds.
  package var maxGapMilliseconds: Int64 = 100
  /// The one action to run; nil: all of them.
  package var action: String?
  /// Parameters that are known to work, by action; others are made up.
  package var parameters: [String: JSONValue] = [:]
  /// A trial load that takes longer has failed, in milliseconds.
  package var trialMilliseconds: Int64 = 10_000
  /// A run that takes longer is ended with its process, in milliseconds.
  package var runLimitMilliseconds: Int64 = 15_000

  package init() {}

  /// Whether the rule is to be done: named, or not on request and not skipped.
  func wants(_ rule: Rule) -> Bool {
    if skip.contains(where: { Glob.matches(rule.id, $0) }) { return false }
    if only.isEmpty { return !rule.isOnRequest }
    return only.contains { Glob.matches(rule.id, $0) }
  }
}

/// Names with `*` for any run of characters.
package enum Glob {
  package static func matches(_ text: String, _ pattern: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return text == pattern }
    guard text.hasPrefix(first), text.hasSuffix(last), text.count >= first.count + last.count else {
      return false
    }
    var rest = text.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return true
  }
}
