import Glibc
import Threading

/// Ctrl-C while a verb waits: told what goes on without it instead of ending in the middle of a line.
enum Interrupts {
  /// From here on Ctrl-C calls `handler` on a thread of its own and then ends the process with 130. Call it before
  /// anything starts threads: they inherit that the signal is not for them. A second Ctrl-C ends the process at
  /// once, whatever the handler is doing.
  static func handle(_ handler: @escaping @Sendable () -> Void) {
    var signals = interrupt()
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    OSThread("interrupts") {
      var signals = interrupt()
      var number: Int32 = 0
      while sigwait(&signals, &number) != 0 {}
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      handler()
      _exit(ExitStatus.interrupted)
    }
  }

  /// From here on each Ctrl-C calls `handler` with its number, from 1, on a thread of its own; nothing else comes of
  /// it. Call it before anything starts threads.
  static func each(_ handler: @escaping @Sendable (Int) -> Void) {
    var signals = interrupt()
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    OSThread("interrupts") {
      var signals = interrupt()
      var number: Int32 = 0
      for count in 1... {
        while sigwait(&signals, &number) != 0 {}
        handler(count)
      }
    }
  }

  private static func interrupt() -> sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    return signals
  }
}
