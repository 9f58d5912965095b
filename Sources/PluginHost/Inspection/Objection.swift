/// Why a file is not taken: the rule it breaks and what to do, to be read after the file's name as one
/// sentence: `web.so: anyone may write to it; run "chmod o-w /srv/plugins/web.so"`.
package struct Objection: Error, Sendable, Equatable, CustomStringConvertible {
  package let rule: String
  package let cure: String
  /// The file may be one that is still being written.
  package let isIncomplete: Bool

  package init(_ rule: String, cure: String, isIncomplete: Bool = false) {
    self.rule = rule
    self.cure = cure
    self.isIncomplete = isIncomplete
  }

  package var description: String { Self.joined(rule, cure) }

  /// What is wrong and what to do as one text: a semicolon does not follow a question.
  package static func joined(_ rule: String, _ cure: String) -> String {
    if cure.isEmpty { return rule }
    if rule.hasSuffix("?") { return rule + " " + cure.prefix(1).uppercased() + cure.dropFirst() }
    return rule + "; " + cure
  }
}
