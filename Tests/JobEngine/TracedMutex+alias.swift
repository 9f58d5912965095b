#if BULKHEAD_TSAN
  import Threading

  /// The tests see the product's alias as well as the library's own: this one goes before both.
  typealias Mutex = TracedMutex
#endif
