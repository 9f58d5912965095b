import Glibc
import Storage

/// The socket's file as it stands on the disk.
struct SocketFacts: Sendable, Equatable {
  var path = ""
  /// Why there can be no socket for this store.
  var problem = ""
  var exists = false
  var isSocket = false
  var mode: UInt32 = 0
  /// This user may not connect.
  var isForbidden = false
  /// The path is a hash in a folder of the user's, because the store's own is too long.
  var isElsewhere = false

  init() {}

  init(_ location: StoreLocation) {
    do throws(StoreError) {
      path = try location.socketPath()
    } catch {
      problem = error.message
      return
    }
    isElsewhere = !path.hasPrefix(location.path)
    var facts = stat()
    guard lstat(path, &facts) == 0 else { return }
    exists = true
    isSocket = facts.st_mode & S_IFMT == S_IFSOCK
    mode = facts.st_mode & 0o777
    isForbidden = access(path, W_OK) != 0
  }
}

enum SocketChecks {
  static func judge(_ facts: SocketFacts, _ answers: EngineAnswers) -> [HealthCheck] {
    guard facts.problem.isEmpty else {
      return [HealthCheck(.socketPath, .fault, facts.problem, cure: "name a store with a shorter path")]
    }
    let path =
      facts.isElsewhere
      ? HealthCheck(
        .socketPath, .note,
        "it is \(facts.path): beside the store it would be longer than \(StoreLocation.longestSocketPath) bytes",
        cure:
          "other users, and services without this runtime folder, look elsewhere: a shorter path avoids that")
      : HealthCheck(.socketPath, .ok, "\(facts.path), \(facts.path.utf8.count) bytes")
    return [path] + (file(facts, answers).map { [$0] } ?? [])
  }

  private static func file(_ facts: SocketFacts, _ answers: EngineAnswers) -> HealthCheck? {
    guard facts.exists else { return nil }
    guard facts.isSocket else {
      return HealthCheck(
        .socketFile, .fault, "\(facts.path) is in the way: it is no socket", cure: "move it away")
    }
    if facts.isForbidden {
      return HealthCheck(
        .socketFile, .fault, "this user may not speak to the engine at \(facts.path)",
        cure: "ask as the user who started it, or as root")
    }
    guard answers.isServed else {
      return HealthCheck(
        .socketFile, .warning, "\(facts.path) is there and nobody listens: the engine was killed",
        cure:
          "start `bulkhead serve` again: it clears that away and takes its workers over; look why it ended")
    }
    // A worker with a user of its own is let in by the mode, and checked by the engine when it comes.
    return HealthCheck(
      .socketFile, .ok,
      "mode \(String(facts.mode, radix: 8)), \(facts.mode & 0o077 == 0 ? "its user alone" : "workers of other users too")"
    )
  }
}
