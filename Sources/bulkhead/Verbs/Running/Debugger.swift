import Glibc
import JobEngine
import Threading

/// Puts gdb in this process's place, with the same verb to run.
enum Debugger {
  /// Gives back only what went wrong.
  static func start(arguments: [String]) throws(EngineError) -> EngineError {
    guard let gdb = find() else {
      throw EngineError(
        .refused, "there is no gdb on this machine", cure: "install it (Debian: apt-get install gdb)")
    }
    #if arch(arm64)
      let firstArgument = "$x0"
    #else
      let firstArgument = "$rdi"
    #endif
    // Every call of an action goes through bhrt_call, whose first argument is the action's function.
    let orders = [
      "set breakpoint pending on", "set print thread-events off", "set startup-with-shell off",
      "tbreak *bhrt_call", "run", "tbreak *(void*)\(firstArgument)", "continue",
    ]
    let words =
      [gdb, "-q", "-iex", "set complaints 0"] + orders.flatMap { ["-ex", $0] } + [
        "--args", CommandLine.executablePath,
      ]
      + arguments.map { $0 == "--gdb" ? "--in-process" : $0 }
    // gdb waits for its signals: whoever started us may have blocked them.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    let failure = ProcessStart(words, environment: [], descriptors: []).replaceThisProcess()
    return EngineError(.refused, failure.description)
  }

  private static func find() -> String? {
    (Environment["PATH"] ?? "/usr/bin").split(separator: ":").map { "\($0)/gdb" }
      .first { access($0, X_OK) == 0 }
  }
}
