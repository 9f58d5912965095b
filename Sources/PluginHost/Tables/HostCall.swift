import CBulkheadPlugin
import CPluginRuntime
import Synchronization

/// What every function of the tables begins with.
enum HostCall {
  /// Finds the run that `ctx` belongs to, counts the call and does `body`. `stale` is the answer to a `ctx` that is
  /// NULL, foreign, or of a run that has ended.
  ///
  /// On the run's own thread this costs no lock and no reference count: the run cannot end meanwhile. Other
  /// threads, which the plug-in may have started and forgotten, hold the run while they are inside.
  ///
  /// `charged`: what `bhrt_memory_suspend` gave. What the host allocates is not the plug-in's, and that begins before
  /// this function does: where it is not inlined, the caller has the runtime make the type of `Answer`.
  @inline(__always)
  static func with<Answer>(
    _ ctx: UnsafeMutablePointer<bh_ctx>?, _ charged: OpaquePointer?, stale: Answer,
    _ body: (PluginRun) -> Answer
  ) -> Answer {
    defer { bhrt_memory_resume(charged) }
    guard let frame = RunFrames.shared.frame(of: ctx) else { return stale }
    if bhrt_load_word(bhrt_owner(frame)) == bhrt_self(), let run = frame.pointee.run {
      bhrt_count_call(frame, 1)
      return Unmanaged<PluginRun>.fromOpaque(run)._withUnsafeGuaranteedRef(body)
    }
    guard let run = RunFrames.shared.retainedRun(frame) else { return stale }
    bhrt_count_call(frame, 0)
    return body(run)
  }
}

extension bh_str {
  /// Longest text of a failure, a progress message or a name.
  static let messageLimit = 4 << 10
  /// Longest log line.
  static let lineLimit = 16 << 10

  /// A copy as valid UTF-8: what is not UTF-8 becomes U+FFFD. At most `limit` bytes are read; a text that is longer
  /// is cut between characters and says so.
  func text(limit: Int = bh_str.messageLimit) -> String {
    guard let ptr, len > 0 else { return "" }
    guard len > UInt64(limit) else {
      return String(decoding: UnsafeRawBufferPointer(start: ptr, count: Int(len)), as: UTF8.self)
    }
    // The first byte that is left out must begin a character.
    let bytes = UnsafeRawBufferPointer(start: ptr, count: limit + 1)
    var end = limit
    while end > limit - 4, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: bytes[..<end], as: UTF8.self) + "… (cut: \(len) bytes in all)"
  }
}

extension PluginRun {
  /// Whether the run has to end, for calls that wait for the outside world without a known end: BH_OK, or the stop's
  /// code. Counts as a cancel point.
  func waitPoint() -> Int32 {
    StopWord.code(passCancelPoint())
  }

  /// The same for the checkpoint and for short calls that begin work (records): a region between `bh_hold` and
  /// `bh_release` is not torn, unless the job is lost.
  func workPoint() -> Int32 {
    let code = StopWord.code(passCancelPoint())
    return frame.isHeld && code != BH_FENCED ? BH_OK : code
  }

  /// The bits that are raised now. Every cancel point comes by here, so that a test can cancel at each of them.
  private func passCancelPoint() -> UInt32 {
    let bits = stop.word
    guard bits & BH_STOP_PROFILE != 0 else { return bits }
    let number = bhrt_count_cancel_point(frame.pointer)
    notePoint()
    guard let wanted = options.cancelAtCheckpoint, number == UInt64(max(wanted, 0)) else { return bits }
    stop.raise(BH_STOP_CANCEL)
    return stop.word
  }

  /// Remembers why a host call did not work, and gives its code.
  func refuse(_ code: Int32, _ message: String) -> Int32 {
    state.withLock { $0.failure.note(HostError(code: code, message: message), call: tellingCalls($0)) }
    return code
  }
}
