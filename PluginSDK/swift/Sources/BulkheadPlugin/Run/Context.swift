internal import CBulkheadPlugin

/// One run of one job: log, progress, waiting, clean-up. It is good until the action returns and belongs to its
/// thread; a clean-up gets one of its own. Each call says what its C twin says in the headers: which thread may
/// call it, whether it waits, whether it throws `Stopped`.
public struct Context {
  let raw: UnsafeMutablePointer<bh_ctx>
  let notes: RunNotes

  init(_ raw: UnsafeMutablePointer<bh_ctx>) {
    self.raw = raw
    notes = RunNotes()
  }

  /// The number of the job, as the command shows it.
  public var jobID: UInt64 { raw.pointee.job_id }
  /// Rises with every claim of the job: a token for the outside world.
  public var fence: UInt64 { raw.pointee.fence }
  /// 1 at the first run of the job.
  public var attempt: Int { Int(raw.pointee.attempt) }

  /// All parameters as one JSON object, defaults filled in.
  public var parametersJSON: String { String(bh_params_json(raw)) }
}

/// What a run has to remember until its action returns.
final class RunNotes {
  var hasWarned = false
  var cleanups: [CleanupEntry] = []
}

extension Context {
  /// Levels of a log line.
  public enum Level: UInt32, Sendable {
    case debug, info, warning, error
  }

  /// Adds one line to the job's log. Works after a stop.
  public func log(_ level: Level, _ text: String) {
    guard let write = bh_log_of(raw)?.pointee.write else { return }
    text.withStr { write(raw, level.rawValue, $0) }
  }

  public func debug(_ text: String) { log(.debug, text) }
  public func info(_ text: String) { log(.info, text) }

  /// `done` of `total` (0: not known), and what is being done now. Cheap; works after a stop.
  public func progress(_ done: Int, of total: Int = 0, _ text: String = "") {
    guard let report = bh_progress_of(raw)?.pointee.report else { return }
    text.withStr { report(raw, UInt64(max(0, done)), UInt64(max(0, total)), $0) }
  }

  /// Says what was left out: the job ends with a warning instead of a success. A line of the log alone is
  /// `log(.warning, ...)`.
  public func warning(_ text: String) {
    notes.hasWarned = true
    let none = bh_str(ptr: nil, len: 0)
    _ = text.withStr { raw.pointee.host.pointee.fail(raw, BH_WARNING, $0, none) }
  }

  /// Sets the job's result to one JSON object. An action's own `Result` replaces it when the action returns.
  public func setResult(json: String) throws {
    let table = try need(bh_result_of(raw), BH_RESULT_ID)
    try check(json.withStr { table.set_json(raw, $0) }, "set the result (one JSON object, at most 1 MiB)")
  }
}

extension Context {
  /// Put this into every loop: throws when the run has to end. Costs a read of one variable when there is nothing
  /// to tell. `done` more items are counted, so that the host sees the job move.
  @inline(__always)
  public func checkpoint(_ done: Int = 0) throws(Stopped) {
    let code = done == 0 ? bh_checkpoint(raw) : bh_checkpoint_n(raw, UInt64(max(0, done)))
    if code < 0 { throw Stopped(code: Code(rawValue: code)) }
  }

  /// True when a stop was raised, for code that cannot throw.
  public var isStopRequested: Bool { bh_stop_requested(raw) != 0 }

  /// Sleeps; throws `Stopped` at once when the job is cancelled.
  public func sleep(milliseconds: Int) throws {
    try check(bh_sleep(raw, UInt64(max(0, milliseconds))), "sleep")
  }

  /// Sleeps; parts of a millisecond are rounded up.
  public func sleep(for time: Duration) throws {
    let parts = time.components
    let (whole, isTooLong) = parts.seconds.multipliedReportingOverflow(by: 1000)
    let rest = Int((parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    try sleep(milliseconds: isTooLong ? Int(Int32.max) : Int(whole) + rest)
  }

  /// poll(2) that also wakes on a stop: the descriptors that are ready, each with its events; empty when the time
  /// has passed. Without `milliseconds` there is no limit.
  public func poll(_ wanted: [(descriptor: Int32, events: Int16)], milliseconds: Int? = nil) throws
    -> [(descriptor: Int32, events: Int16)]
  {
    var entries = wanted.map { bh_poll(fd: $0.descriptor, events: $0.events, revents: 0) }
    let limit = Int64(milliseconds.map { max(0, $0) } ?? -1)
    let code = entries.withUnsafeMutableBufferPointer {
      bh_poll_fds(raw, $0.baseAddress, UInt64($0.count), limit)
    }
    try check(code, "wait for descriptors")
    return entries.filter { $0.revents != 0 }.map { ($0.fd, $0.revents) }
  }

  /// A descriptor that becomes readable when a stop is raised, for a loop of another library. Never read from it or
  /// close it.
  public func stopDescriptor() throws -> Int32 { try check(bh_stop_fd(raw), "make a stop descriptor") }

  /// A region that must not be torn: within it, checkpoints and calls to the data model go on as if nobody had asked
  /// to stop. Keep it short; sleep and poll still end on a stop.
  public func hold<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    bh_hold(raw)
    defer { bh_release(raw) }
    return try body()
  }
}
