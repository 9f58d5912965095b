/// What a reconcile entry found out about a lost job, with its text for people.
package enum ReconcileAnswer: Sendable, Equatable {
  /// All of it was done; `result` is JSON text.
  case done(String, result: String?)
  /// It was begun, and is over without success.
  case failed(String)
  /// The outside world is as before.
  case notStarted(String)
  /// It cannot tell (yet), and why.
  case unknown(String)

  package var name: String {
    switch self {
    case .done: "done"
    case .failed: "failed"
    case .notStarted: "not_started"
    case .unknown: "unknown"
    }
  }

  package var text: String {
    switch self {
    case .done(let text, _), .failed(let text), .notStarted(let text), .unknown(let text): text
    }
  }

  /// As events and screens tell it: "not_started: the cloud has no such VM".
  package var sentence: String { text.isEmpty ? name : "\(name): \(text)" }

  /// Milliseconds until a job is asked for again, after it has been asked `tries` times (from 1): 1 s, 2 s, 4 s …
  /// 10 min.
  package static func pause(afterTries tries: Int) -> Milliseconds {
    let longest: Milliseconds = 600_000
    return tries >= 11 ? longest : min(longest, 1000 << Milliseconds(max(0, tries - 1)))
  }
}

/// What somebody decides about a lost job.
package struct Resolution: Sendable, Equatable {
  package enum Verdict: UInt8, Sendable, CaseIterable {
    case succeeded = 1
    case failed = 2
    case cancelled = 3
    /// Run it again.
    case rerun = 4

    package var name: String {
      switch self {
      case .succeeded: "succeeded"
      case .failed: "failed"
      case .cancelled: "cancelled"
      case .rerun: "rerun"
      }
    }

    package init?(name: String) {
      guard let verdict = Verdict.allCases.first(where: { $0.name == name }) else { return nil }
      self = verdict
    }
  }

  package var verdict: Verdict
  /// For people; may be empty.
  package var reason: String
  /// The one who decides has seen to it that the old run has ended.
  package var attestsRunEnded: Bool

  package init(_ verdict: Verdict, reason: String = "", attestsRunEnded: Bool = false) {
    self.verdict = verdict
    self.reason = reason
    self.attestsRunEnded = attestsRunEnded
  }
}

/// Which step an outside system is told of: the same in every run of the job, and for no other step.
package enum StepToken {
  /// Bytes that a step's name may have.
  package static let nameLimit = 128
  /// Bytes that a step's result may have.
  package static let resultLimit = 64 << 10
  /// Steps of one job.
  package static let countLimit = 10_000

  /// `bh-17-` and 32 hexadecimal digits: letters, digits and '-', 55 bytes at most. The time of the submit is in it, so
  /// that job 17 of another store, or of a store that was begun anew, has other tokens.
  package static func make(job: JobID, submittedAt: Milliseconds, name: String) -> String {
    var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D  // FNV-1a, 128 bits
    func add(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
    }
    add("\(job) \(submittedAt) ".utf8)
    add(name.utf8)
    // Names that differ in their last letter get digits that look nothing alike; no two become equal by this.
    for _ in 0..<2 { hash = (hash ^ (hash >> 65)) &* 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835 }
    hash ^= hash >> 65
    let digits = String(hash, radix: 16)
    return "bh-\(job)-" + String(repeating: "0", count: 32 - digits.count) + digits
  }

  /// What is wrong with a name, nil when nothing is.
  package static func problem(withName name: String) -> String? {
    if name.isEmpty { return "a step needs a name" }
    if name.utf8.count > nameLimit {
      return "the name of a step has \(name.utf8.count) bytes; the limit is \(nameLimit)"
    }
    if name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
      return "the name of a step contains a control character"
    }
    return nil
  }
}
