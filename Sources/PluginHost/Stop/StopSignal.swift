import CBulkheadPlugin
import CPluginRuntime
import Glibc
import Synchronization

/// One run's stop word with all that wakes on it: the futex of sleeps and the descriptor of polls. Bits may be
/// raised from any thread at any time, also while the run ends and after it.
struct StopSignal: ~Copyable, Sendable {
  enum Phase {
    case waiting
    case entry
    case cleanup
    case ended
  }

  struct State {
    var phase = Phase.waiting
    /// Raised while the entry ran; what it is judged by.
    var entryBits: UInt32 = 0
    /// Raised against the clean-up, perhaps before it began.
    var cleanupBits: UInt32 = 0
    /// The job is lost, for good: a fresh stop word does not bring it back.
    var isFenced = false
    /// The eventfd, made when first asked for; -1 before.
    var descriptor: Int32 = -1
    var hasTakenGrace = false
    /// When the entry was first asked to stop, and how long it took it to return (CLOCK_MONOTONIC, ns); 0 before.
    var stoppedAt: Int64 = 0
    var latency: Int64?
  }

  private let frame: RunFrame
  private let state = Mutex(State())

  init(frame: RunFrame) {
    self.frame = frame
  }

  // MARK: from any thread

  /// Raises bits against the entry. During the clean-up only the loss of the job (FENCED) and SHUTDOWN still count.
  func raise(_ bits: UInt32) {
    state.withLock { state in
      if bits & BH_STOP_FENCED != 0 { state.isFenced = true }
      switch state.phase {
      case .waiting, .entry:
        if state.phase == .entry, state.stoppedAt == 0, StopWord.code(bits) < 0 {
          state.stoppedAt = bhrt_now_ns()
        }
        set(bits, &state)
      case .cleanup: set(bits & (BH_STOP_FENCED | BH_STOP_SHUTDOWN), &state)
      case .ended: break
      }
    }
  }

  /// Raises bits against the clean-up: at once when it runs, else as soon as it begins.
  func raiseInCleanup(_ bits: UInt32) {
    state.withLock { state in
      state.cleanupBits |= bits
      if state.phase == .cleanup { set(bits, &state) }
    }
  }

  /// What is raised now; after the end, what the entry was judged by.
  var bits: UInt32 {
    state.withLock { $0.phase == .ended ? $0.entryBits : bhrt_load_u32(frame.stopWord) }
  }

  /// From the first stop of the entry to its return, nanoseconds; nil when none was raised while it ran.
  var latency: Int64? { state.withLock { $0.latency } }

  var isFenced: Bool {
    state.withLock { $0.isFenced }
  }

  var phase: Phase {
    state.withLock { $0.phase }
  }

  /// True while the run waits for its thread, and once while the clean-up runs.
  func takeCleanupGrace() -> Bool {
    state.withLock { state in
      if state.phase == .waiting { return true }
      guard state.phase == .cleanup, !state.hasTakenGrace else { return false }
      state.hasTakenGrace = true
      return true
    }
  }

  // MARK: from the run

  /// The bits as the plug-in sees them, without a lock.
  var word: UInt32 { bhrt_load_u32(frame.stopWord) }

  /// Waits until the stop word is not `seen` any more or a point of CLOCK_MONOTONIC has come. False then.
  func wait(while seen: UInt32, until deadline: Int64) -> Bool {
    bhrt_futex_wait_until(frame.stopWord, seen, deadline) != -ETIMEDOUT
  }

  /// The descriptor that is readable while a stop is raised. Made at the first call; a negative errno when the
  /// system has none left.
  func descriptor() -> Int32 {
    state.withLock { state in
      if state.phase == .ended { return -EBADF }
      if state.descriptor < 0 {
        let made = bhrt_event_make()
        if made < 0 { return made }
        state.descriptor = made
        if StopWord.code(bhrt_load_u32(frame.stopWord)) < 0 { bhrt_event_set(made, 1) }
      }
      return state.descriptor
    }
  }

  /// The run has its thread. Gives the code of a stop that was raised before: then the entry is not to be called.
  /// Nil when it has begun before.
  func begin() -> Int32? {
    state.withLock { state in
      guard state.phase == .waiting else { return nil }
      state.phase = .entry
      return StopWord.code(bhrt_load_u32(frame.stopWord))
    }
  }

  /// The entry has returned: gives the bits that it is judged by, and a fresh stop word for the clean-up.
  func beginCleanup() -> UInt32 {
    state.withLock { state in
      state.phase = .cleanup
      if state.stoppedAt != 0 { state.latency = bhrt_now_ns() - state.stoppedAt }
      state.entryBits = bhrt_load_u32(frame.stopWord) & ~BH_STOP_PROFILE
      refresh(state.cleanupBits | state.entryBits & BH_STOP_SHUTDOWN, &state)
      return state.entryBits
    }
  }

  /// Before each entry of the clean-up: whether the clean-up has been stopped, and whether the job is lost.
  /// Losing the job wakes the one clean-up that runs at that moment; the next begins without that bit, since
  /// those that always run must be able to wait.
  func beginCleanupEntry() -> (isStopped: Bool, isFenced: Bool) {
    state.withLock { state in
      let bits = bhrt_load_u32(frame.stopWord)
      if bits & BH_STOP_FENCED != 0 { refresh(bits & ~BH_STOP_FENCED, &state) }
      return (StopWord.code(bits & ~BH_STOP_FENCED) < 0, state.isFenced)
    }
  }

  /// The run is over: from now on the frame's memory is not touched any more.
  func end() {
    state.withLock { state in
      state.phase = .ended
      if state.descriptor >= 0 { close(state.descriptor) }
      state.descriptor = -1
    }
  }

  private func set(_ bits: UInt32, _ state: inout State) {
    let before = bhrt_or_u32(frame.stopWord, bits)
    if before | bits != before { bhrt_futex_wake(frame.stopWord, Int32.max) }
    if state.descriptor >= 0, StopWord.code(bits) < 0 { bhrt_event_set(state.descriptor, 1) }
  }

  /// Puts a new stop word in place of the old one. The descriptor is not readable then, whatever the bits: a clean-up
  /// that is stopped already calls nobody who could look.
  private func refresh(_ bits: UInt32, _ state: inout State) {
    bhrt_store_u32(frame.stopWord, bits)
    if state.descriptor >= 0 { bhrt_event_set(state.descriptor, 0) }
  }
}
