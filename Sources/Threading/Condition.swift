import Glibc

/// State guarded by one mutex, with a way to wait until it says what one waits for. For OS threads only: it
/// blocks its caller.
// SAFETY: `state` is touched only while `mutex` is held, and both primitives live as long as the object.
package final class Condition<State>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  private var state: State

  package init(_ state: State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Reads or changes the state without waking anybody.
  package func withLock<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }

  /// Changes the state and wakes all who wait.
  @discardableResult
  package func update<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let result = try body(&state)
    pthread_cond_broadcast(condition)
    return result
  }

  /// Waits until `body` gives a value; it is asked at once and after every update. Nil when `milliseconds`
  /// passed first (nil: no limit).
  package func wait<Result>(
    milliseconds: Int64? = nil, _ body: (inout State) -> Result?
  ) -> Result? {
    let deadline = milliseconds.map { MonotonicClock.deadline(afterMilliseconds: $0) }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&state) { return result }
      guard var deadline else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return body(&state) }
    }
  }
}

/// Time that only goes forward, for waits and measurements inside one process.
package enum MonotonicClock {
  /// Nanoseconds since an arbitrary start.
  package static var nanoseconds: Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }

  static func deadline(afterMilliseconds milliseconds: Int64) -> timespec {
    let end = nanoseconds + min(max(milliseconds, 0), 1_000_000_000) * 1_000_000
    return timespec(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
  }
}

/// Wall time, where records of the store need it.
package enum WallClock {
  /// Milliseconds since 1970-01-01 00:00 UTC.
  package static var milliseconds: Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }
}
