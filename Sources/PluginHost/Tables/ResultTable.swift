import CBulkheadPlugin
import CPluginRuntime
import DataModel
import Synchronization

/// `ext/result.h`. Works after a stop: what was done is worth telling.
extension bh_result_table {
  static let running = bh_result_table(
    size: UInt32(MemoryLayout<bh_result_table>.size), flags: 0,
    set_json: { ctx, json in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        guard json.len <= UInt64(RunResult.limit) else {
          return run.refuse(BH_INVALID, "the result has \(json.len) bytes; the limit is \(RunResult.limit)")
        }
        let json = json.text(limit: RunResult.limit)
        return run.answer(run.state.withLock { $0.result.set(json) })
      }
    },
    set_str: { ctx, name, value in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        guard value.len <= UInt64(RunResult.limit) else {
          return run.refuse(BH_INVALID, "the result has \(value.len) bytes; the limit is \(RunResult.limit)")
        }
        let (name, text) = (name.text(), value.text(limit: RunResult.limit))
        return run.answer(run.state.withLock { $0.result.set(name, .string(text)) })
      }
    },
    set_i64: { ctx, name, value in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        let name = name.text()
        return run.answer(run.state.withLock { $0.result.set(name, .int(value)) })
      }
    },
    set_f64: { ctx, name, value in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        let name = name.text()
        guard value.isFinite else {
          return run.refuse(BH_INVALID, "the result \"\(name)\" is \(value), and JSON has no such number")
        }
        return run.answer(run.state.withLock { $0.result.set(name, .real(value)) })
      }
    },
    set_bool: { ctx, name, value in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        let name = name.text()
        return run.answer(run.state.withLock { $0.result.set(name, .bool(value != 0)) })
      }
    },
    set_value: { ctx, name, json in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        guard json.len <= UInt64(RunResult.limit) else {
          return run.refuse(BH_INVALID, "the result has \(json.len) bytes; the limit is \(RunResult.limit)")
        }
        let (name, json) = (name.text(), json.text(limit: RunResult.limit))
        return run.answer(run.state.withLock { $0.result.set(name, json: json) })
      }
    })
}

extension PluginRun {
  fileprivate func answer(_ problem: String?) -> Int32 {
    problem.map { refuse(BH_INVALID, $0) } ?? BH_OK
  }
}
