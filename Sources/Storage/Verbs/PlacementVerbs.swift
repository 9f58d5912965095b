/// Names of worker groups. A worker belongs to one group and claims only the kinds of the plug-ins that are placed
/// there; a plug-in is placed in exactly one group.
package enum WorkerGroup {
  /// The group of every plug-in that nothing else is said of.
  package static let shared = ""
  private static let probationPrefix = "probation:"

  /// The group of one version alone, until it has proven itself. No configured group can have such a name.
  package static func probation(sha256: String) -> String { probationPrefix + sha256.prefix(12) }

  package static func isProbation(_ group: String) -> Bool { group.hasPrefix(probationPrefix) }

  /// The first digits of the version that the group was made for, nil for all other groups.
  package static func probationDigits(_ group: String) -> String? {
    isProbation(group) ? String(group.dropFirst(probationPrefix.count)) : nil
  }

  /// As people read it.
  package static func title(_ group: String) -> String { group.isEmpty ? "shared" : group }
}

/// What is known of one content of a plug-in.
package struct PluginVersion: Sendable, Equatable {
  package var sha256: String
  package var pluginID: String
  package var version: String
  /// Runs that came back from its worker on probation, since the last strike.
  package var cleanRuns: Int
  /// Times that a worker died while it ran this version.
  package var strikes: Int
  /// Clean runs after which its probation is over; 0: it never was on probation.
  package var probationRuns: Int

  package init(
    sha256: String, pluginID: String, version: String, cleanRuns: Int, strikes: Int, probationRuns: Int
  ) {
    self.sha256 = sha256
    self.pluginID = pluginID
    self.version = version
    self.cleanRuns = cleanRuns
    self.strikes = strikes
    self.probationRuns = probationRuns
  }

  package var isOnProbation: Bool { cleanRuns < probationRuns }
}

/// Notes an accepted content. One never seen before is on probation for so many clean runs; for a known one the
/// number is only ever lowered. Answers what is known of it now.
package struct AcceptVersion: Sendable, Equatable {
  package var sha256: String
  package var pluginID: String
  package var version: String
  package var probationRuns: Int

  package init(sha256: String, pluginID: String, version: String, probationRuns: Int) {
    self.sha256 = sha256
    self.pluginID = pluginID
    self.version = version
    self.probationRuns = probationRuns
  }
}

/// All contents that were ever accepted.
package struct ListVersions: Sendable, Equatable {
  package init() {}
}

/// Moves an active plug-in to another group, if its file still has that content: from the next claim on only that
/// group's worker is given its jobs. What runs is not touched. Answers whether anything changed.
package struct PlacePlugin: Sendable, Equatable {
  package var file: String
  package var sha256: String
  package var group: String

  package init(file: String, sha256: String, group: String) {
    self.file = file
    self.sha256 = sha256
    self.group = group
  }
}
