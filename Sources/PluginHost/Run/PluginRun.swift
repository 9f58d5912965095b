import CBulkheadPlugin
import CPluginRuntime
package import DataModel
import Synchronization

/// One run of one job: the entry of its action, then its clean-up, on the thread that calls `execute`.
///
/// Bits may be raised from any thread, before, during and after the run. The run lets go of its context when it has
/// ended, so that the two may refer to each other.
// SAFETY: `entry` is code that stays loaded; the frame is touched by the run's thread and by atomic functions;
// all that changes is behind one of the two locks.
package final class PluginRun: @unchecked Sendable {
  package let jobID: JobID
  package let fence: Fence
  package let attempt: Int
  let options: RunOptions
  let cleanupMilliseconds: Int64
  let frame: RunFrame
  let stop: StopSignal
  let state: Mutex<State>
  /// Measures the time between cancel points, when the options want it.
  let gaps = Mutex(GapMeter())
  private let entry: PluginFunction

  /// What the run's lock guards. Host calls hold it for a moment; never while they wait or call others.
  struct State {
    var context: (any JobContext)?
    var memory = RunMemory()
    var parameters: RunParameters
    var result = RunResult()
    var failure = RunFailure()
    var cleanups = CleanupStack()
    var steps = RunSteps()
    /// What is asked, in the run of a reconcile entry.
    var reconcile: RunReconcile?
    /// Says which clean-up speaks; nil during the entry.
    var cleanupName: String?
    var account = JobAccount()
    var thread: JobThread?
    var hostCalls: Int64 = 0
    /// Of log, progress and free.
    var quietCalls: Int64 = 0
    var cancelPoints = 0
    var holdsLeft = 0
    var refused: RefusedBlock?
    var hasEnded = false
  }

  /// `paramsJSON`: the checked parameters, defaults filled in. `cleanupMilliseconds`: the clean-up's own budget.
  /// A deadline is not the run's: whoever starts it lets a `DeadlineTimer` raise the bit.
  package init(
    entry: PluginFunction, context: any JobContext, jobID: JobID, fence: Fence, attempt: Int,
    paramsJSON: String, cleanupMilliseconds: Int64 = 60_000, options: RunOptions = RunOptions()
  ) {
    self.entry = entry
    self.jobID = jobID
    self.fence = fence
    self.attempt = attempt
    self.options = options
    self.cleanupMilliseconds = cleanupMilliseconds
    frame = RunFrames.shared.take()
    stop = StopSignal(frame: frame)
    state = Mutex(State(context: context, parameters: RunParameters(json: paramsJSON)))
    state.withLock { $0.memory.refusedRequest = options.failHostAllocation }
    frame.ctx.pointee = bh_ctx(
      size: UInt32(MemoryLayout<bh_ctx>.size), attempt: UInt32(clamping: attempt),
      host: HostTables.shared.host,
      cell: frame.cell, job_id: UInt64(bitPattern: jobID.rawValue), fence: UInt64(bitPattern: fence),
      host_data: nil, user: nil, action: entry.descriptor)
    if options.countsCancelPoints { stop.raise(BH_STOP_PROFILE) }
  }

  deinit {
    if stop.phase != .ended { RunFrames.shared.giveBack(frame) }
  }

  /// Runs the job on the calling thread, once. All ways of ending meet here.
  package func execute() -> RunEnd {
    guard let stopped = stop.begin() else {
      return RunEnd(
        code: BH_BUG, message: "bug of the engine: job \(jobID) was to be entered twice in one run")
    }
    begin()
    // A stop that came before is obeyed here: an entry that never looks would do all its work for nothing, and a job
    // that was lost may run elsewhere already.
    let code = settled(stopped < 0 ? stopped : enter())
    state.withLock { $0.holdsLeft = frame.holdCount }
    let stopBits = stop.beginCleanup()
    let leftBehind = cleanUp(after: code)
    return end(settled(code), stopBits, leftBehind + state.withLock { $0.steps.leftBehind })
  }

  // MARK: the steps

  private func begin() {
    bhrt_store_word(bhrt_owner(frame.pointer), bhrt_self())
    RunFrames.shared.publish(self, in: frame)
    state.withLock { state in
      state.thread = JobThread.current
      state.account.open(refusedAllocation: options.failAllocation)
    }
  }

  private func enter() -> Int32 {
    guard options.measuresCheckpoints else { return call() }
    gaps.withLock { $0.restart() }
    defer { gaps.withLock { $0.pass(module: nil) } }
    return call()
  }

  private func call() -> Int32 {
    slice { text, capacity in bhrt_call(entry.call, frame.ctx, text, capacity) }
  }

  private func end(_ code: Int32, _ stopBits: UInt32, _ leftBehind: [String]) -> RunEnd {
    let hostCalls = frame.hostCalls
    let cancelPoints = Int(frame.pointer.pointee.cancel_points)
    stop.end()
    RunFrames.shared.giveBack(frame)
    // Let go of outside the lock: the context may refer back to this run.
    let context = state.withLock { state in
      defer { state.context = nil }
      return state.context
    }
    defer { withExtendedLifetime(context) {} }
    return state.withLock { state in
      state.hostCalls = hostCalls
      state.cancelPoints = cancelPoints
      state.hasEnded = true
      state.thread = nil
      state.memory.freeAll()
      // After the run's own blocks were freed: they are no leaks.
      if options.failAllocation != nil { state.refused = state.account.memory?.refused(module: module) }
      let usage = state.account.close(hostCalls: hostCalls)
      return RunEnd(
        code: code, message: state.failure.text(code: code), result: state.result.json,
        leftBehind: leftBehind,
        stopBits: stopBits, usage: usage)
    }
  }

  /// A stretch of the plug-in's code, under the job's account. What it threw becomes a failure.
  func slice(_ body: (UnsafeMutablePointer<CChar>, Int) -> Int32) -> Int32 {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { text in
      guard let start = text.baseAddress else { return BH_MEMORY }
      let memory = state.withLock { state in
        state.account.attach()
        return state.account.memory
      }
      let code = MemoryAccount.charge(memory) { body(start, text.count) }
      state.withLock { $0.account.detach() }
      if start[0] != 0 {
        fail("threw a C++ exception, which must not leave a plug-in: " + String(cString: start), code: code)
      }
      return code
    }
  }

  /// Adds a failure, under the name of the clean-up that speaks.
  func fail(_ text: String, code: Int32) {
    state.withLock { state in
      let line = state.cleanupName.map { "clean-up \"\($0)\": \(text)" } ?? text
      state.failure.add(line, code: code, call: tellingCalls(state))
    }
  }

  /// Host calls so far but those that ask for nothing, which may stand between a failure and what is said of it.
  func tellingCalls(_ state: borrowing State) -> Int64 { frame.hostCalls - state.quietCalls }

  /// The call that is going on is one of log, progress and free.
  func noteQuietCall() { state.withLock { $0.quietCalls += 1 } }
}

// MARK: from any thread

extension PluginRun {
  /// Asks the run to stop (`StopBits`); it wakes from every wait. One that has not begun ends without calling its
  /// entry. No effect once the entry has returned, except
  /// that a lost job (FENCED) also stops the clean-ups that are for failures only.
  package func raise(_ bits: UInt32) { stop.raise(bits) }

  /// Asks the clean-up to stop, now or as soon as it begins: what is not undone by then is left behind.
  package func raiseInCleanup(_ bits: UInt32) { stop.raiseInCleanup(bits) }

  /// The bits that are raised now; after the end, those that the entry was judged by.
  package var stopBits: UInt32 { stop.bits }

  /// Whether host calls that wait must give up. A clean-up starts afresh.
  package var isStopped: Bool { StopWord.code(stop.bits) < 0 }

  /// Whether the run is to be given more time although its grace is over: true as long as it waits for its thread, and
  /// once while its clean-up runs, which has a budget of its own.
  package func takeCleanupGrace() -> Bool { stop.takeCleanupGrace() }

  /// The pool thread that the run has now: what `JobThreads.abandon` wants. Nil before, after, and elsewhere.
  package var thread: JobThread? { state.withLock { $0.thread } }

  /// Cancel points that the entry passed, when the options count them.
  package var cancelPoints: Int {
    state.withLock { $0.hasEnded ? $0.cancelPoints : Int(frame.pointer.pointee.cancel_points) }
  }

  /// What was measured of the run; whole once it has ended.
  package var measures: RunMeasures {
    let gaps = gaps.withLock { $0 }
    return state.withLock { state in
      RunMeasures(
        worstGapNanoseconds: gaps.worst, worstGapPlaces: gaps.places, stopLatencyNanoseconds: stop.latency,
        holdsLeft: state.holdsLeft, hostAllocations: state.memory.requests, refused: state.refused)
    }
  }

  /// Where the plug-in's module begins.
  private var module: UInt {
    // SAFETY: a function of the plug-in as an address, which is only compared.
    bhrt_module_of(unsafeBitCast(entry.call, to: UnsafeRawPointer.self))
  }

  /// Notes a cancel point, or the end of a wait that a stop would have ended.
  func notePoint(isWaitOver: Bool = false) {
    guard options.measuresCheckpoints, stop.phase == .entry else { return }
    gaps.withLock { gaps in
      if isWaitOver { gaps.restart() } else { gaps.pass(module: module) }
    }
  }

  /// What the plug-in holds of the run's memory at this moment.
  package var allocated: (blocks: Int, bytes: UInt64) {
    state.withLock { ($0.memory.blockCount, $0.memory.blockBytes) }
  }
}
