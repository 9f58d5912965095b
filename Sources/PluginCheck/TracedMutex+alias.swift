#if BULKHEAD_TSAN
  import Threading

  /// See `TracedMutex`.
  typealias Mutex = TracedMutex
#endif
