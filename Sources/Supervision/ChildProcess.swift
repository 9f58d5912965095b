import CProcess
import Glibc

/// Starts a program as the leader of a session of its own, so that a Ctrl-C for us does not reach it and all that
/// it starts can be found. Never with a parent-death signal: it must outlive us.
package enum ChildProcess {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Standard input is empty; output and errors go to `output` (a descriptor), everything else is closed.
  package static func spawn(
    _ executable: String, _ arguments: [String], environment: [String: String], output: Int32
  ) throws(Failure) -> ProcessHandle {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    var allSignals = sigset_t()
    sigfillset(&allSignals)
    posix_spawnattr_setsigdefault(&attributes, &allSignals)
    let flags = CPROCESS_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)

    var pid: pid_t = 0
    let code = withCStrings([executable] + arguments) { argv in
      withCStrings(environment.map { "\($0.key)=\($0.value)" }) { envp in
        posix_spawn(&pid, executable, &actions, &attributes, argv, envp)
      }
    }
    guard code == 0 else {
      throw Failure(description: "cannot start \(executable): \(String(cString: strerror(code)))")
    }
    guard let facts = ProcessFacts(pid: pid),
      let handle = ProcessHandle(pid: pid, startTicks: facts.startTicks, isChild: true)
    else { throw Failure(description: "\(executable) ended at once") }
    return handle
  }

  /// Asks for the ends of all children that have ended: after a restart in place those of the program before are
  /// still unasked for.
  package static func reapAll() {
    while waitpid(-1, nil, WNOHANG) > 0 {}
  }

  /// Becomes another program: same process, same children. Returns only when it cannot, with errno set.
  package static func replaceSelf(_ executable: String, _ words: [String]) {
    _ = withCStrings(words) { execv(executable, $0) }
  }

  private static func withCStrings<R>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
  ) -> R {
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
    for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
    pointers[strings.count] = nil
    defer {
      for index in strings.indices { free(pointers[index]) }
      pointers.deallocate()
    }
    return body(pointers)
  }
}
