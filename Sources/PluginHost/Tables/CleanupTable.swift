import CBulkheadPlugin
import CPluginRuntime
import Synchronization

/// `ext/cleanup.h`. Both work after a stop: what exists has to be named, and what is gone crossed out.
extension bh_cleanup_table {
  static let running = bh_cleanup_table(
    size: UInt32(MemoryLayout<bh_cleanup_table>.size), flags: 0,
    push: { ctx, when, what, function, argument, id in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        guard when == BH_ALWAYS || when == BH_ON_FAIL else {
          return run.refuse(BH_INVALID, "bh_cleanup: \(when) is neither BH_ALWAYS nor BH_ON_FAIL")
        }
        guard let function else { return run.refuse(BH_INVALID, "bh_cleanup: no function was given") }
        let call = CleanupStack.Call(function: function, argument: argument)
        let (what, onFailOnly) = (what.text(), when == BH_ON_FAIL)
        let pushed = run.state.withLock { state -> UInt64? in
          state.hasEnded ? nil : state.cleanups.push(onFailOnly: onFailOnly, what: what, call)
        }
        guard let pushed else {
          return run.refuse(BH_MEMORY, "more than \(CleanupStack.limit) clean-ups are waiting")
        }
        id?.pointee = pushed
        return BH_OK
      }
    },
    drop: { ctx, id in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        run.state.withLock { $0.cleanups.drop(id) } ? BH_OK : BH_NOT_FOUND
      }
    })
}
