/// One thing that `doctor` looked at, and what it found there.
struct HealthCheck: Equatable, Sendable {
  enum Outcome: String, CaseIterable, Comparable, Sendable {
    case ok
    /// Nothing is wrong; good to know.
    case note
    /// Will go wrong, or is less than it could be.
    case warning
    /// Is wrong now.
    case fault

    static func < (left: Self, right: Self) -> Bool { rank(left) < rank(right) }

    private static func rank(_ outcome: Self) -> Int { allCases.firstIndex(of: outcome) ?? 0 }
  }

  let subject: HealthSubject
  let outcome: Outcome
  /// What was seen, a sentence each. May hold texts from outside: escaped when printed.
  let evidence: [String]
  /// What to do; empty when nothing is to be done.
  let cure: String

  init(_ subject: HealthSubject, _ outcome: Outcome, _ evidence: [String], cure: String = "") {
    self.subject = subject
    self.outcome = outcome
    self.evidence = evidence
    self.cure = cure
  }

  init(_ subject: HealthSubject, _ outcome: Outcome, _ evidence: String, cure: String = "") {
    self.init(subject, outcome, [evidence], cure: cure)
  }

  static func worst(_ checks: [HealthCheck]) -> Outcome { checks.map(\.outcome).max() ?? .ok }

  /// A list that may be long: the first ones, and how many more.
  static func listed(_ lines: [String], limit: Int = 10) -> [String] {
    lines.count > limit ? lines.prefix(limit) + ["and \(lines.count - limit) more"] : lines
  }
}

/// Everything that is looked at, by its id. Ids are stable: scripts name them.
enum HealthSubject: String, CaseIterable, Sendable {
  case configurationFile = "config.file"
  case storeFile = "store.file"
  case storeFolder = "store.folder"
  case storeFileSystem = "store.filesystem"
  case storeDisk = "store.disk"
  case storeLog = "store.wal"
  case storeDamage = "store.damage"
  case storeBackups = "store.backups"
  case storeSchema = "store.schema"
  case socketPath = "socket.path"
  case socketFile = "socket.file"
  case engineServes = "engine.serves"
  case engineVersion = "engine.version"
  case engineDraining = "engine.draining"
  case workersPresent = "workers.present"
  case workersResponsive = "workers.responsive"
  case workersLimits = "workers.limits"
  case workersGroups = "workers.groups"
  case pluginsDirectory = "plugins.directory"
  case pluginsKeys = "plugins.keys"
  case pluginsRefused = "plugins.refused"
  case pluginsLoaded = "plugins.loaded"
  case pluginsRevoked = "plugins.revoked"
  case jobsLost = "jobs.lost"
  case jobsZombies = "jobs.zombies"
  case jobsStuck = "jobs.stuck"
  case jobsWaiting = "jobs.waiting"
  case machineThreads = "machine.threads"
  case machineFiles = "machine.files"
  case machineGroups = "machine.cgroups"
  case machineClock = "machine.clock"
  case machineSystem = "machine.system"

  var title: String {
    switch self {
    case .configurationFile: "configuration"
    case .storeFile: "the store's file"
    case .storeFolder: "the store's folder"
    case .storeFileSystem: "the store's file system"
    case .storeDisk: "free space for the store"
    case .storeLog: "size of the store's log"
    case .storeDamage: "damage"
    case .storeBackups: "copies beside the store"
    case .storeSchema: "schema and order of the store"
    case .socketPath: "the socket's path"
    case .socketFile: "the socket's file"
    case .engineServes: "engine"
    case .engineVersion: "version of the engine"
    case .engineDraining: "whether the engine takes jobs"
    case .workersPresent: "workers"
    case .workersResponsive: "workers answer"
    case .workersLimits: "limits of workers are in force"
    case .workersGroups: "each group has a worker"
    case .pluginsDirectory: "plug-in directory"
    case .pluginsKeys: "keys for signatures"
    case .pluginsRefused: "refused plug-ins"
    case .pluginsLoaded: "plug-ins are loaded"
    case .pluginsRevoked: "revoked plug-ins"
    case .jobsLost: "lost jobs"
    case .jobsZombies: "jobs that do not end"
    case .jobsStuck: "jobs that nothing can run"
    case .jobsWaiting: "waiting jobs"
    case .machineThreads: "room for job threads"
    case .machineFiles: "room for open files"
    case .machineGroups: "what limits workers"
    case .machineClock: "clock"
    case .machineSystem: "system"
    }
  }
}

/// Checks as they are printed.
enum HealthText {
  static func document(_ checks: [HealthCheck]) -> JSONText {
    [
      "checks": .list(
        checks.map { check in
          [
            "id": .string(check.subject.rawValue), "title": .string(check.subject.title),
            "outcome": .string(check.outcome.rawValue), "evidence": .strings(check.evidence),
            "cure": .nonEmpty(check.cure),
          ]
        }),
      "worst": .string(HealthCheck.worst(checks).rawValue),
    ]
  }

  /// One line a check; further evidence and the cure stand below it.
  static func lines(_ checks: [HealthCheck], colour: Bool) -> [String] {
    let width = checks.map(\.subject.rawValue.count).max() ?? 0
    let body = checks.flatMap { check -> [String] in
      let evidence = check.evidence.flatMap { SafeText.lines($0) }
      let head =
        mark(check.outcome, colour) + " " + DisplayWidth.pad(check.subject.rawValue, to: width) + "  "
        + (evidence.first ?? check.subject.title)
      let indent = String(repeating: " ", count: width + 4)
      let cure = SafeText.lines(check.cure).enumerated().map {
        indent + ($0.offset == 0 ? "→ " : "  ") + $0.element
      }
      return [head] + evidence.dropFirst().map { indent + $0 } + cure
    }
    return body + [summary(checks)]
  }

  private static func mark(_ outcome: HealthCheck.Outcome, _ colour: Bool) -> String {
    switch outcome {
    case .ok: Style.green.apply("✓", colour: colour)
    case .note: Style.faint.apply("–", colour: colour)
    case .warning: Style.yellow.apply("!", colour: colour)
    case .fault: Style.red.apply("✗", colour: colour)
    }
  }

  private static func summary(_ checks: [HealthCheck]) -> String {
    let faults = checks.count { $0.outcome == .fault }
    let warnings = checks.count { $0.outcome == .warning }
    guard faults + warnings > 0 else { return "\(checks.count) checks: nothing is wrong" }
    return "\(checks.count) checks: \(faults) \(faults == 1 ? "fault" : "faults"), "
      + "\(warnings) \(warnings == 1 ? "warning" : "warnings")"
  }
}
