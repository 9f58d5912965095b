package import DataModel

/// A content that is never taken, whatever file has it.
package struct Revocation: Sendable, Equatable {
  /// 64 hexadecimal digits.
  package var sha256: String
  package var at: Milliseconds
  /// The user who said so. The store writes down whom the kernel names; what a client says here counts for nothing.
  package var who: String
  package var reason: String

  /// Bytes of a reason.
  package static let reasonLimit = 4 << 10

  package init(sha256: String, at: Milliseconds = 0, who: String, reason: String) {
    self.sha256 = sha256
    self.at = at
    self.who = who
    self.reason = reason
  }
}

/// Revokes a content (the store sets the time and the user), or takes that back. Audited; signals `pluginsChanged`. Throws `notFound`
/// when there is nothing to take back.
package struct RevokePlugin: Sendable, Equatable {
  package var revocation: Revocation
  package var isRevoked: Bool

  package init(_ revocation: Revocation, isRevoked: Bool = true) {
    self.revocation = revocation
    self.isRevoked = isRevoked
  }
}

/// All that is revoked, newest first.
package struct ListRevocations: Sendable, Equatable {
  package init() {}
}
