internal import CBulkheadPlugin

/// How to find out whether a step that began and has no result was done.
public enum StepLook {
  /// Asks the other side by the step's token: what `perform` would have given when it was done, nil when it certainly
  /// was not. It throws when it cannot tell: the job becomes lost.
  case by((_ token: String) throws -> String?)
  /// It may simply be done again, because the other side takes the token as its idempotency key.
  case again
  /// Nobody can find out: a step that was interrupted makes the job lost.
  case cannotTell
}

extension Context {
  /// Does one effect on the outside world once, over all runs of the job, and gives its result:
  ///
  ///     let vm = try context.step("create-vm", look: .by { try cloud.find(tag: $0) }) { token in
  ///       try cloud.create(name, tag: token)
  ///     }
  ///
  /// The host commits that it begins before `perform` is called, and what `perform` gives (an id, say) after. A result
  /// that is recorded already is given without any call. What `perform` throws is thrown on. When nobody can tell
  /// whether it was done, `Stopped` with the code `unknown` is thrown: let it pass, the job becomes lost.
  @discardableResult
  public func step(
    _ name: String, look: StepLook, perform: @escaping (_ token: String) throws -> String
  ) throws -> String {
    let table = try need(bh_steps_of(raw), BH_STEPS_ID)
    let call = StepCall(perform, look)
    let argument = Unmanaged.passUnretained(call).toOpaque()
    let find: bh_step_fn? =
      switch look {
      case .by: lookForStep
      case .again: bh_step_again
      case .cannotTell: nil
      }
    var result = bh_str(ptr: nil, len: 0)
    let code = withExtendedLifetime(call) {
      name.withStr { table.step(raw, $0, performStep, find, argument, &result) }
    }
    if code < 0, code != BH_UNKNOWN, let thrown = call.thrown { throw thrown }
    try check(code, "do the step \(name)")
    return String(result)
  }

  /// The token of the step with that name, begun or not: what a reconcile entry looks for.
  public func stepToken(_ name: String) throws -> String {
    let table = try need(bh_steps_of(raw), BH_STEPS_ID)
    return String(name.withStr { table.token(raw, $0) })
  }
}

/// One call of `step`, while the host is in it.
private final class StepCall {
  let perform: (String) throws -> String
  let look: StepLook
  /// By `perform`: goes on to the caller of `step`.
  var thrown: (any Error)?
  /// The result, until the host has copied it.
  private var text: UnsafeMutableBufferPointer<CChar>?

  init(_ perform: @escaping (String) throws -> String, _ look: StepLook) {
    self.perform = perform
    self.look = look
  }

  deinit { text?.deallocate() }

  func give(_ result: String, to place: UnsafeMutablePointer<bh_str>?) -> Int32 {
    text?.deallocate()
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: result.utf8.count)
    _ = copy.initialize(from: result.utf8.lazy.map { CChar(bitPattern: $0) })
    text = copy
    place?.pointee = bh_str(ptr: UnsafePointer(copy.baseAddress), len: UInt64(copy.count))
    return BH_OK
  }
}

/// What the host calls to do it.
private let performStep: bh_step_fn = { raw, token, argument, result in
  guard let argument else { return BH_BUG }
  let call = Unmanaged<StepCall>.fromOpaque(argument).takeUnretainedValue()
  do {
    return call.give(try call.perform(String(token)), to: result)
  } catch {
    call.thrown = error
    let code = (error as? Stopped)?.code ?? (error as? any CodedError)?.code ?? .bug
    return code.rawValue < 0 ? code.rawValue : BH_BUG
  }
}

/// What the host calls to look.
private let lookForStep: bh_step_fn = { raw, token, argument, result in
  guard let raw, let argument else { return BH_BUG }
  let call = Unmanaged<StepCall>.fromOpaque(argument).takeUnretainedValue()
  guard case .by(let find) = call.look else { return BH_BUG }
  do {
    guard let found = try find(String(token)) else { return BH_NOT_FOUND }
    return call.give(found, to: result)
  } catch {
    // Only nil says "certainly not done", never a failure that has the same code.
    let code = Context(raw).report(error)
    return code == BH_NOT_FOUND ? BH_UNKNOWN : code
  }
}
