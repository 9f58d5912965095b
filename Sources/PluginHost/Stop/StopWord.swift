import CBulkheadPlugin

/// How stop bits are judged. Pure.
enum StopWord {
  /// The code with which a run has to end, BH_OK when it may go on. Losing the job weighs most, because nothing
  /// can be written any more; a person's wish weighs more than a limit.
  static func code(_ bits: UInt32) -> Int32 {
    if bits & BH_STOP_FENCED != 0 { return BH_FENCED }
    if bits & BH_STOP_CANCEL != 0 { return BH_CANCELLED }
    if bits & BH_STOP_DEADLINE != 0 { return BH_DEADLINE }
    if bits & (BH_STOP_MEMORY_SOFT | BH_STOP_MEMORY_HARD) != 0 { return BH_MEMORY }
    return BH_OK
  }
}
