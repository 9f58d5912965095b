internal import CBulkheadPlugin

/// A clean-up that was pushed.
public struct Cleanup {
  let context: Context
  let entry: CleanupEntry

  /// Takes it back: the thing is wanted now, or gone. A second time does nothing.
  public func drop() throws {
    guard !entry.isSpent else { return }
    try check(bh_cleanup_drop(context.raw, Int64(entry.id)), "drop a clean-up")
    entry.end()
  }
}

extension Context {
  /// Undoes something when the run fails or is cancelled. `what` names the thing for people ("delete VM web-1"): if
  /// it cannot be undone, it is stored with the job as left behind; throw from `body` to say so.
  ///
  /// `body` is called after the action has returned, last first, on the same thread, with a fresh stop flag and a
  /// time of its own. Push before the outside world can change.
  @discardableResult
  public func onFailure(_ what: String, _ body: @escaping (Context) throws -> Void) throws -> Cleanup {
    try push(BH_ON_FAIL, what, body)
  }

  /// As `onFailure`, whenever the run ends.
  @discardableResult
  public func always(_ what: String, _ body: @escaping (Context) throws -> Void) throws -> Cleanup {
    try push(BH_ALWAYS, what, body)
  }

  private func push(_ when: UInt32, _ what: String, _ body: @escaping (Context) throws -> Void) throws
    -> Cleanup
  {
    let table = try need(bh_cleanup_of(raw), BH_CLEANUP_ID)
    let entry = CleanupEntry(onFailureOnly: when == BH_ON_FAIL, body)
    let argument = Unmanaged.passRetained(entry).toOpaque()
    let code = what.withStr { table.push(raw, when, $0, runCleanup, argument, &entry.id) }
    if code < 0 { entry.end() }
    try check(code, "push the clean-up \"\(what)\"")
    notes.cleanups.append(entry)
    return Cleanup(context: self, entry: entry)
  }
}

/// A closure that waits to be called by the host, which holds one reference to it until `end`.
final class CleanupEntry {
  let onFailureOnly: Bool
  let body: (Context) throws -> Void
  var id: UInt64 = 0
  private(set) var isSpent = false

  init(onFailureOnly: Bool, _ body: @escaping (Context) throws -> Void) {
    self.onFailureOnly = onFailureOnly
    self.body = body
  }

  /// Gives the host's reference back. A second time does nothing.
  func end() {
    if isSpent { return }
    isSpent = true
    Unmanaged.passUnretained(self).release()
  }
}

/// What the host calls.
private let runCleanup: bh_cleanup_fn = { raw, argument in
  guard let raw, let argument else { return BH_BUG }
  let entry = Unmanaged<CleanupEntry>.fromOpaque(argument).takeUnretainedValue()
  defer { entry.end() }
  let context = Context(raw)
  do {
    try entry.body(context)
    return BH_OK
  } catch {
    return context.report(error)
  }
}
