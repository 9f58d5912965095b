import CProcess
import Glibc
import Threading

/// Ctrl-C and TERM, counted: the first asks to drain, the second to cancel, the third to kill.
package struct StopRequests: Sendable {
  /// Blocks the signals in the calling thread and all that are started after: call it first in `main`.
  package static func block() {
    var signals = set()
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    // A peer that goes away is an error of the write, not a signal.
    signal(SIGPIPE, SIG_IGN)
  }

  /// Calls `handler` with 1, 2, 3 ... from a thread of its own.
  package static func handle(_ handler: @escaping @Sendable (Int) -> Void) {
    OSThread("bh-signals") {
      var count = 0
      while true {
        var signals = set()
        var number: Int32 = 0
        guard sigwait(&signals, &number) == 0 else { continue }
        count += 1
        handler(count)
      }
    }
  }

  private static func set() -> sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }
}
