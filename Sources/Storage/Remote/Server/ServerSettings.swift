package import Glibc

/// Bounds of a server: what one client may cost the others.
package struct ServerSettings: Sendable {
  /// Connections at once. One more is refused, unless one that has not said who it is can go instead.
  package var connections = 1000
  /// Who has not said who he is after this long is no client of ours.
  package var greetingMilliseconds: Int64 = 10_000
  /// How long a message that was begun may stand still.
  package var messageMilliseconds: Int64 = 60_000
  /// Bytes of all clients together that wait: half messages, requests, answers nobody reads. Above it whoever holds
  /// most is dropped.
  package var heldBytes = 512 << 20
  /// Failures of `poll` in a row, a tenth of a second apart, after which the server gives up.
  package var pollFailures = 100
  /// poll(2), or what a test puts in its place.
  package var poll: @Sendable (UnsafeMutablePointer<pollfd>, nfds_t, Int32) -> Int32 = {
    Glibc.poll($0, $1, $2)
  }

  package init() {}
}

/// What a user may ask a server for.
package enum ServerAdmission: Sendable, Equatable {
  case everything
  /// What a worker needs, for its own node only.
  case workersVerbs
  case nothing
}
