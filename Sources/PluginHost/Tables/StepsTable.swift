import CBulkheadPlugin
import CPluginRuntime
import DataModel
import Synchronization

/// `ext/steps.h`. A step begins work: after a stop it gives its code. What a `perform` has done is recorded always.
extension bh_steps_table {
  static let running = bh_steps_table(
    size: UInt32(MemoryLayout<bh_steps_table>.size), flags: 0,
    step: { ctx, name, perform, find, argument, result in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        StepCall(run: run, name: name.text(), perform: perform, find: find, argument: argument)
          .make(nameBytes: name.len, result)
      }
    },
    token: { ctx, name in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: bh_str()) { run in
        let name = name.text()
        guard StepToken.problem(withName: name) == nil, let context = run.state.withLock({ $0.context })
        else {
          return bh_str()
        }
        let token = context.steps.token(name)
        return run.state.withLock { $0.hasEnded ? nil : $0.memory.keep(token) } ?? bh_str()
      }
    })
}

/// One call of `bh_step`.
private struct StepCall {
  let run: PluginRun
  let name: String
  let perform: bh_step_fn?
  let find: bh_step_fn?
  let argument: UnsafeMutableRawPointer?

  func make(nameBytes: UInt64, _ result: UnsafeMutablePointer<bh_str>?) -> Int32 {
    result?.pointee = bh_str()
    guard let perform else { return run.refuse(BH_INVALID, "bh_step: no function was given") }
    if let problem = StepToken.problem(withName: name) {
      return run.refuse(BH_INVALID, "bh_step: " + problem)
    }
    guard bhrt_load_word(bhrt_owner(run.frame.pointer)) == bhrt_self() else {
      return run.refuse(BH_BUG, "bh_step: \"\(name)\" was called from another thread than the run's")
    }
    let (context, isReconcile, isUnknown) = run.state.withLock {
      ($0.context, $0.reconcile != nil, $0.steps.isUnknown)
    }
    guard let context else { return BH_STALE }
    if isReconcile {
      return run.refuse(BH_DENIED, "bh_step: a reconcile entry only looks, it does no step")
    }
    if isUnknown { return BH_UNKNOWN }
    let stopped = mayBegin()
    if stopped < 0 { return stopped }
    if let mistake = run.state.withLock({ $0.steps.enter(name) }) { return run.refuse(BH_BUG, mistake) }
    defer { run.state.withLock { $0.steps.leave() } }
    do throws(HostError) {
      return try go(context.steps, perform, result)
    } catch {
      return failure(error)
    }
  }

  /// By what is recorded.
  private func go(
    _ facade: any StepFacade, _ perform: bh_step_fn, _ result: UnsafeMutablePointer<bh_str>?
  ) throws(HostError) -> Int32 {
    let wasTried = run.state.withLock { $0.steps.wasTried(name) }
    switch wasTried ? .begun : try facade.begin(name) {
    case .done(let text):
      run.state.withLock { $0.steps.isDone(name) }
      return give(text, result)
    case .fresh: return try act(facade, perform, result)
    case .begun:
      let token = facade.token(name)
      run.state.withLock { $0.steps.isOpen(name, token: token) }
      return try look(facade, perform, result)
    }
  }

  private func act(
    _ facade: any StepFacade, _ perform: bh_step_fn, _ result: UnsafeMutablePointer<bh_str>?
  ) throws(HostError) -> Int32 {
    // The start may have waited for its commit.
    let stopped = mayBegin()
    if stopped < 0 { return stopped }
    run.state.withLock { $0.steps.willPerform(name) }
    var text = bh_str()
    let code = call(perform, facade, &text)
    if code > 0 {
      return run.refuse(BH_BUG, "step \"\(name)\" returned \(code), which is neither 0 nor a failure")
    }
    return code < 0 ? code : try record(text, facade, result)
  }

  private func look(
    _ facade: any StepFacade, _ perform: bh_step_fn, _ result: UnsafeMutablePointer<bh_str>?
  ) throws(HostError) -> Int32 {
    guard let find else { return unknown("and nothing was given to find out (`find` is NULL)") }
    var text = bh_str()
    let code = call(find, facade, &text)
    switch code {
    case BH_OK: return try record(text, facade, result)
    case BH_NOT_FOUND: return try act(facade, perform, result)
    default:
      // A look that was interrupted has found out nothing; neither has it failed.
      let stopped = StopWord.code(run.stop.word)
      if stopped < 0 { return stopped }
      return unknown("and the look for it gave \(ReturnCode.name(code) ?? "the code \(code)")")
    }
  }

  private func record(
    _ text: bh_str, _ facade: any StepFacade, _ result: UnsafeMutablePointer<bh_str>?
  ) throws(HostError) -> Int32 {
    guard text.len <= UInt64(StepToken.resultLimit) else {
      return run.refuse(
        BH_INVALID,
        "the result of step \"\(name)\" has \(text.len) bytes; the limit is \(StepToken.resultLimit)")
    }
    let text = text.text(limit: StepToken.resultLimit)
    try facade.record(name, result: text)
    run.state.withLock { $0.steps.isDone(name) }
    return give(text, result)
  }

  private func give(_ text: String, _ result: UnsafeMutablePointer<bh_str>?) -> Int32 {
    guard let result else { return BH_OK }
    guard let kept = run.state.withLock({ $0.memory.keep(text) }) else {
      return run.refuse(BH_MEMORY, "no memory for the result of step \"\(name)\"")
    }
    result.pointee = kept
    return BH_OK
  }

  private func unknown(_ why: String) -> Int32 {
    run.state.withLock { $0.steps.becomeUnknown() }
    run.fail("step \"\(name)\" had begun without a recorded result, \(why)", code: BH_UNKNOWN)
    return BH_UNKNOWN
  }

  /// The plug-in's function, guarded. It must not see a result of an earlier call.
  private func call(_ function: bh_step_fn, _ facade: any StepFacade, _ result: inout bh_str) -> Int32 {
    guard let token = run.state.withLock({ $0.memory.keep(facade.token(name)) }) else {
      return run.refuse(BH_MEMORY, "no memory for the token of step \"\(name)\"")
    }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { text in
      guard let start = text.baseAddress else { return BH_MEMORY }
      let code = bhrt_call_step(function, run.frame.ctx, token, argument, &result, start, text.count)
      if start[0] != 0 {
        run.fail(
          "step \"\(name)\" threw a C++ exception, which must not leave a plug-in: " + String(cString: start),
          code: code)
      }
      return code
    }
  }

  private func mayBegin() -> Int32 {
    if run.stop.isFenced { return run.refuse(BH_FENCED, "this run no longer owns job \(run.jobID)") }
    return run.workPoint()
  }

  private func failure(_ error: HostError) -> Int32 {
    if error.code == BH_FENCED { run.stop.raise(BH_STOP_FENCED) }
    // A call that gave up because of the stop says only "cancelled": which stop it was is known here.
    let stopped = StopWord.code(run.stop.word)
    return run.refuse(error.code == BH_CANCELLED && stopped < 0 ? stopped : error.code, error.message)
  }
}
