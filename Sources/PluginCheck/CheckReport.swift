/// What a check found: one entry a rule, in the order of the rules.
package struct CheckReport: Sendable {
  package let file: String
  package let sha256: String
  package let seed: UInt64
  package internal(set) var cases: [CaseReport] = []
  package internal(set) var milliseconds: Int64 = 0

  package var findings: [Finding] { cases.flatMap(\.findings) }

  package func count(_ severity: Rule.Severity) -> Int { findings.count { $0.severity == severity } }
}

/// One rule and what came of it.
package struct CaseReport: Sendable {
  package enum Status: String, Sendable {
    case passed, found, skipped
  }

  package let rule: Rule
  package let status: Status
  /// What was tried, or why it was skipped.
  package let detail: String
  package let findings: [Finding]
  package let milliseconds: Int64

  init(_ rule: Rule, _ verdict: Verdict, milliseconds: Int64) {
    self.rule = rule
    self.milliseconds = milliseconds
    switch verdict {
    case .passed(let text): (status, detail, findings) = (.passed, text, [])
    case .skipped(let text): (status, detail, findings) = (.skipped, text, [])
    case .found(let observations, let text):
      status = .found
      detail = text
      findings = observations.map {
        Finding(
          ruleID: rule.id, severity: rule.severity, evidence: $0.evidence, cure: $0.cure ?? rule.cure,
          place: $0.place)
      }
    }
  }
}

/// One place where a rule is broken.
package struct Finding: Sendable, Equatable {
  package let ruleID: String
  package let severity: Rule.Severity
  package let evidence: String
  package let cure: String
  /// An action, a function with its line, a field of the manifest; empty when it is the whole file.
  package let place: String
}
