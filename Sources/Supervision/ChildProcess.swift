import Glibc
import Threading

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
    let pid: Int32
    do {
      pid = try ProcessStart(
        [executable] + arguments, environment: environment.map { "\($0.key)=\($0.value)" },
        descriptors: [(ours: output, number: 1), (ours: output, number: 2)]
      ).start()
    } catch {
      throw Failure(description: error.description)
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
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    _ = execv(executable, &pointers)
    for pointer in pointers { free(pointer) }
  }
}
