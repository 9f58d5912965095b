#if BULKHEAD_TSAN
  import Glibc

  /// The mutex of the ThreadSanitizer build, in the place of Swift's own: that one takes its lock inside a library that was not
  /// built with the sanitizer, which then takes every guarded access for a race. Modules that have a `Mutex` name this one
  /// by an alias. Values that cannot be copied are held as well.
  // SAFETY: the value is touched only while the lock is held; both live as long as the mutex.
  package struct TracedMutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    package init(_ value: consuming sending Value) {
      lock = .allocate(capacity: 1)
      pthread_mutex_init(lock, nil)
      self.value = .allocate(capacity: 1)
      self.value.initialize(to: value)
    }

    deinit {
      pthread_mutex_destroy(lock)
      lock.deallocate()
      value.deinitialize(count: 1)
      value.deallocate()
    }

    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
      _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      pthread_mutex_lock(lock)
      defer { pthread_mutex_unlock(lock) }
      return try body(&value.pointee)
    }
  }
#endif
