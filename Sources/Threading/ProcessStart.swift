import CProcess
import Glibc

/// A program that is to be started as the leader of a session of its own: a Ctrl-C for us does not reach it, and all
/// that it starts can be found. Never with a parent-death signal.
package struct ProcessStart {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// The program and its arguments.
  package var command: [String]
  /// `NAME=VALUE` each.
  package var environment: [String]
  /// Descriptors of ours and the numbers that the child has them under. What is not named is closed; standard input
  /// is empty when it is not named.
  package var descriptors: [(ours: Int32, number: Int32)]

  package init(
    _ command: [String], environment: [String], descriptors: [(ours: Int32, number: Int32)]
  ) {
    self.command = command
    self.environment = environment
    self.descriptors = descriptors
  }

  /// Starts it with every signal at its default. The child is the caller's to reap.
  package func start() throws(Failure) -> Int32 {
    let closedFrom = (descriptors.map(\.number).max() ?? 2) + 1
    // Out of the way of the numbers that are about to be written to.
    let copies = descriptors.map { fcntl($0.ours, F_DUPFD_CLOEXEC, closedFrom) }
    defer { for copy in copies where copy >= 0 { close(copy) } }
    if copies.contains(where: { $0 < 0 }) { throw failure(errno) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = CPROCESS_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if !descriptors.contains(where: { $0.number == 0 }) {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    for (copy, place) in zip(copies, descriptors) {
      posix_spawn_file_actions_adddup2(&actions, copy, place.number)
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, closedFrom)

    var argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, command[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw failure(code) }
    return pid
  }

  /// Puts the program in this process's place, descriptors and environment as they are. Returns only when that fails.
  package func replaceThisProcess() -> Failure {
    var argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    execv(command[0], &argv)
    return failure(errno)
  }

  private func failure(_ code: Int32) -> Failure {
    Failure(description: "cannot start \(command[0]): \(String(cString: strerror(code)))")
  }
}
