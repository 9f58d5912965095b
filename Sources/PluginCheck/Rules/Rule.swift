import DataModel
import PluginHost

/// One thing that the validator looks at.
package struct Rule: Sendable {
  package enum Severity: String, Sendable, CaseIterable {
    /// A host would refuse the plug-in, or its jobs would go wrong.
    case error
    /// It works, and will hurt somebody.
    case warning
    /// Worth knowing.
    case note
  }

  package enum Kind: String, Sendable {
    /// Reads the file; none of its code runs.
    case fixed = "static"
    /// Loads the file or runs its actions, in child processes.
    case dynamic
  }

  enum Check: Sendable {
    case file(@Sendable (CheckSubject) -> Verdict)
    case runs(@Sendable (Laboratory) -> Verdict)
  }

  /// `elf.textrel`: stable, for `--only`, `--skip` and reports.
  package let id: String
  package let title: String
  /// What is looked at.
  package let description: String
  /// Why it matters.
  package let reason: String
  package let cure: String
  package let severity: Severity
  /// Only done when it is asked for by name.
  package let isOnRequest: Bool
  let check: Check

  init(
    _ id: String, _ severity: Severity, _ title: String, description: String, reason: String, cure: String,
    isOnRequest: Bool = false, check: Check
  ) {
    self.id = id
    self.severity = severity
    self.title = title
    self.description = description
    self.reason = reason
    self.cure = cure
    self.isOnRequest = isOnRequest
    self.check = check
  }

  package var kind: Kind {
    switch check {
    case .file: .fixed
    case .runs: .dynamic
    }
  }
}

/// What a rule came to.
enum Verdict: Sendable, Equatable {
  /// Kept; the text says what it was judged by.
  case passed(String = "")
  case found([Observation], detail: String = "")
  case skipped(String)

  /// Found when there is an observation, else passed.
  static func of(_ observations: [Observation], _ detail: String = "") -> Verdict {
    observations.isEmpty ? .passed(detail) : .found(observations, detail: detail)
  }
}

/// One place where a rule is broken.
struct Observation: Sendable, Equatable {
  let evidence: String
  /// `tree (checksum.c:120)`, a field of the manifest, an action; empty when it is the whole file.
  var place = ""
  /// Where it is another than the rule's.
  var cure: String?
}

extension Rule.Check {
  /// Of a file that could be read as a shared object.
  static func object(_ body: @escaping @Sendable (ELFFile, ELFContents) -> Verdict) -> Rule.Check {
    .file { subject in
      guard let object = subject.object, let contents = subject.contents else {
        return .skipped("the file cannot be read as a shared object")
      }
      return body(object, contents)
    }
  }

  /// Of a file whose manifest is right.
  static func manifest(_ body: @escaping @Sendable (Manifest, CheckSubject) -> Verdict) -> Rule.Check {
    .file { subject in
      guard let manifest = subject.manifest else { return .skipped("there is no right manifest") }
      return body(manifest, subject)
    }
  }

  /// Of each action that can be run: its observations together.
  static func eachAction(
    _ body: @escaping @Sendable (ActionCase, Laboratory) -> ActionVerdict
  ) -> Rule.Check {
    .runs { $0.eachAction(body) }
  }
}
