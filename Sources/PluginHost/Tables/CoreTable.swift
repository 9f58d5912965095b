import CBulkheadPlugin
import CPluginRuntime
import DataModel
import Synchronization

extension bh_host {
  /// The core table: see `bulkhead.h`, which says what each member does.
  static let running = bh_host(
    size: UInt32(MemoryLayout<bh_host>.size), flags: 0, abi_min: 1, abi_current: UInt32(BH_ABI_LEVEL),
    query: { _, id in
      let charged = bhrt_memory_suspend()
      defer { bhrt_memory_resume(charged) }
      return HostTables.shared.table(id)
    },
    alloc: { ctx, size, alignment in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: nil) { run in
        run.state.withLock { state in
          if state.account.memory?.refuses(size) == true { return nil }
          guard !state.hasEnded, let block = state.memory.allocate(size, alignment: alignment) else {
            return nil
          }
          state.account.memory?.charge(block)
          return block
        }
      }
    },
    free: { ctx, block in
      guard let block else { return }
      HostCall.with(ctx, bhrt_memory_suspend(), stale: ()) { run in
        run.noteQuietCall()
        if !run.state.withLock({ $0.memory.release(block) }) {
          run.log(
            BH_WARN, "bh_free: this run has no such block (freed twice, or not from bh_alloc); left alone")
        }
      }
    },
    fail: { ctx, code, message, detail in
      if ctx == nil { LoadRefusal.note(message.text()) }
      return HostCall.with(ctx, bhrt_memory_suspend(), stale: code) { run in
        guard code < 0 || code == BH_WARNING else {
          run.fail("bh_fail was given \(code), which is no failure: \(message.text())", code: BH_BUG)
          return BH_BUG
        }
        let detail = detail.text()
        run.fail(message.text() + (detail.isEmpty ? "" : " " + detail), code: code)
        return code
      }
    },
    // Inside a region that is held even a lost job goes on to `bh_release`: nothing that it writes is taken.
    checkpoint: { ctx, _ in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        let code = run.waitPoint()
        return run.frame.isHeld ? BH_OK : code
      }
    })
}

extension PluginRun {
  /// A line in the job's log.
  func log(_ level: UInt32, _ text: String) {
    state.withLock { $0.context }?.log(level: UInt8(min(level, BH_ERROR)), text: text)
  }
}

extension bh_log_table {
  /// See `ext/log.h`.
  static let running = bh_log_table(
    size: UInt32(MemoryLayout<bh_log_table>.size), flags: 0,
    write: { ctx, level, message in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: ()) { run in
        run.noteQuietCall()
        run.log(level, message.text(limit: bh_str.lineLimit))
      }
    })
}

extension bh_progress_table {
  /// See `ext/progress.h`.
  static let running = bh_progress_table(
    size: UInt32(MemoryLayout<bh_progress_table>.size), flags: 0,
    report: { ctx, done, total, message in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: ()) { run in
        run.noteQuietCall()
        run.state.withLock { $0.context }?.progress(done: done, total: total, text: message.text())
      }
    })
}
