/// Whose plug-ins are taken.
package struct PluginTrust: Sendable, Equatable {
  package enum Rule: String, Sendable, CaseIterable {
    /// All that lies in the plug-in directory: who may write there is trusted.
    case directory
    /// Only files whose SHA-256 is listed.
    case allowList = "allow-list"
    /// Only files with a signature by a known key (`NAME.so.sig`).
    case signed
  }

  package var rule: Rule
  /// Hashes that `allowList` takes, 64 hexadecimal digits each.
  package var allowed: Set<String>
  /// Folder with the public keys that `signed` takes, one `NAME.pub` each; empty: none is known.
  package var keyFolder: String
  /// Hashes that are never taken, whatever the rule says.
  package var revoked: Set<String>

  package init(
    rule: Rule = .directory, allowed: Set<String> = [], keyFolder: String = "", revoked: Set<String> = []
  ) {
    self.rule = rule
    self.allowed = allowed
    self.keyFolder = keyFolder
    self.revoked = revoked
  }
}
