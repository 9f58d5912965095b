import CPluginRuntime

/// A 32-bit word that threads wait on: the kernel's futex. The word rises; what it counts is its owner's.
// SAFETY: the word's memory is fixed for the object's life and touched only by atomic functions.
final class SharedWord: @unchecked Sendable {
  private let pointer: UnsafeMutablePointer<UInt32>

  init() {
    pointer = .allocate(capacity: 1)
    pointer.initialize(to: 0)
  }

  deinit {
    pointer.deallocate()
  }

  func load() -> UInt32 { bhrt_load_u32(pointer) }

  /// Adds one and wakes all who wait.
  func raise() {
    _ = bhrt_add_u32(pointer, 1)
    bhrt_futex_wake(pointer, Int32.max)
  }

  /// Waits until the word is not `seen` any more, or until a point of CLOCK_MONOTONIC. May return for no reason.
  func wait(while seen: UInt32, until deadline: Int64) {
    _ = bhrt_futex_wait_until(pointer, seen, deadline)
  }
}

/// The wake word in a slot's record.
// SAFETY: points into a slot's mapping; written by atomic functions only, and waking a word whose mapping is gone
// does nothing (the kernel looks at the address alone).
struct SlotWord: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<UInt32>

  init(_ memory: SlotMemory) {
    pointer = memory.wakeWord
  }
}
