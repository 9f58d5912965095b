import Glibc
import Threading

/// Ctrl-C and TERM while a verb waits: told what goes on without it instead of ending in the middle of a line.
enum Interrupts {
  /// From here on Ctrl-C calls `handler` on a thread of its own and then ends the process with 130, TERM with 143,
  /// the end of the terminal with 129. Call it before anything starts threads: they inherit that the signals are
  /// not for them. A second one ends the process at once, whatever the handler is doing.
  static func handle(_ handler: @escaping @Sendable () -> Void) {
    var signals = ours()
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    OSThread("interrupts") {
      var signals = ours()
      var number: Int32 = 0
      while sigwait(&signals, &number) != 0 {}
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      handler()
      _exit(128 + number)
    }
  }

  /// From here on each Ctrl-C calls `handler` with its number, from 1, on a thread of its own; nothing else comes of
  /// it. Call it before anything starts threads.
  static func each(_ handler: @escaping @Sendable (Int) -> Void) {
    var signals = ours()
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    OSThread("interrupts") {
      var signals = ours()
      var number: Int32 = 0
      for count in 1... {
        while sigwait(&signals, &number) != 0 {}
        handler(count)
      }
    }
  }

  /// Keeps those signals from this thread until `release`: what it begins is not left half-done. What to give to it.
  static func hold() -> sigset_t {
    var (signals, before) = (ours(), sigset_t())
    pthread_sigmask(SIG_BLOCK, &signals, &before)
    return before
  }

  /// One that came meanwhile counts now.
  static func release(_ held: sigset_t) {
    var held = held
    pthread_sigmask(SIG_SETMASK, &held, nil)
  }

  private static func ours() -> sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
    return signals
  }
}
