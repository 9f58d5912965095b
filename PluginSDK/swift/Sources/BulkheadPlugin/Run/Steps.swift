internal import CBulkheadPlugin

/// How a step that began, and of which nobody knows how it ended, is looked for.
public enum StepSearch {
  /// Looks for the token at the other side: its result when it was done, nil when it certainly was not. Throws when it
  /// cannot tell.
  case look((_ token: String) throws -> String?)
  /// It may simply be done again, because the other side takes the token as its idempotency key.
  case doAgain
  /// Nobody can find out.
  case cannotTell
}

extension Context {
  /// Does one effect on the outside world once, over all runs of the job, and gives its result.
  ///
  ///     let vm = try context.step("create-vm", find: .look { try cloud.find(tag: $0) }) { token in
  ///       try cloud.create(name, tag: token)
  ///     }
  ///
  /// `perform` does it and gives what the other side named the thing; what it throws is thrown on. When nobody can tell
  /// whether it was done, this throws `Stopped`, and the job becomes lost. Waits for the store; a cancel point.
  @discardableResult
  public func step(
    _ name: String, find: StepSearch, perform: (_ token: String) throws -> String
  ) throws -> String {
    let table = try need(bh_steps_of(raw), BH_STEPS_ID)
    return try withoutActuallyEscaping(perform) { perform in
      let call = StepCall(self, find, perform)
      let look: bh_step_fn? =
        switch find {
        case .look, .doAgain: findStep
        case .cannotTell: nil
        }
      var result = bh_str()
      let code = withExtendedLifetime(call) {
        name.withStr {
          table.step(raw, $0, performStep, look, Unmanaged.passUnretained(call).toOpaque(), &result)
        }
      }
      if code < 0, code != BH_UNKNOWN, let thrown = call.thrown { throw thrown }
      try check(code, "do the step \(name)")
      return String(result)
    }
  }

  /// The token of the step with that name, begun or not.
  public func stepToken(_ name: String) throws -> String {
    let table = try need(bh_steps_of(raw), BH_STEPS_ID)
    return String(name.withStr { table.token(raw, $0) })
  }
}

/// One call of `step`, while the host is in it.
private final class StepCall {
  private let context: Context
  private let search: StepSearch
  private let perform: (String) throws -> String
  /// What `perform` threw.
  private(set) var thrown: (any Error)?
  /// The result, until the host has copied it.
  private var text = UnsafeMutableBufferPointer<CChar>(start: nil, count: 0)

  init(_ context: Context, _ search: StepSearch, _ perform: @escaping (String) throws -> String) {
    self.context = context
    self.search = search
    self.perform = perform
  }

  deinit { text.deallocate() }

  func act(_ token: String, _ result: UnsafeMutablePointer<bh_str>) -> Int32 {
    do {
      result.pointee = keep(try perform(token))
      return BH_OK
    } catch {
      thrown = error
      let code = (error as? Stopped)?.code ?? (error as? any CodedError)?.code ?? .bug
      return code.rawValue < 0 ? code.rawValue : BH_BUG
    }
  }

  func look(_ token: String, _ result: UnsafeMutablePointer<bh_str>) -> Int32 {
    guard case .look(let look) = search else { return BH_NOT_FOUND }
    do {
      guard let found = try look(token) else { return BH_NOT_FOUND }
      result.pointee = keep(found)
      return BH_OK
    } catch {
      // Only nil says "certainly not done", never a failure that has the same code.
      let code = context.report(error)
      return code == BH_NOT_FOUND ? BH_UNKNOWN : code
    }
  }

  private func keep(_ result: String) -> bh_str {
    text.deallocate()
    text = .allocate(capacity: result.utf8.count)
    _ = text.initialize(from: result.utf8.lazy.map { CChar(bitPattern: $0) })
    return bh_str(ptr: text.baseAddress, len: UInt64(text.count))
  }
}

/// What the host calls.
private let performStep: bh_step_fn = { _, token, argument, result in
  guard let argument, let result else { return BH_BUG }
  return Unmanaged<StepCall>.fromOpaque(argument).takeUnretainedValue().act(String(token), result)
}

private let findStep: bh_step_fn = { _, token, argument, result in
  guard let argument, let result else { return BH_BUG }
  return Unmanaged<StepCall>.fromOpaque(argument).takeUnretainedValue().look(String(token), result)
}
