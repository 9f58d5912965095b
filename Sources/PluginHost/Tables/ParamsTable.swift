import CBulkheadPlugin
import CPluginRuntime
import DataModel
import Synchronization

/// `ext/params.h`. Works after a stop: reading what is there begins nothing.
extension bh_params_table {
  static let running = bh_params_table(
    size: UInt32(MemoryLayout<bh_params_table>.size), flags: 0,
    json: { ctx in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: bh_str()) { run in
        run.state.withLock { state in
          state.hasEnded ? bh_str() : state.parameters.json(in: &state.memory) ?? bh_str()
        }
      }
    },
    get_str: { ctx, path, value in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        guard let value else { return BH_INVALID }
        let path = path.text()
        let text = run.state.withLock { state -> Result<bh_str, RunCode> in
          if state.hasEnded { return .failure(RunCode(BH_STALE)) }
          let text = state.parameters.text(at: path, in: &state.memory)
          if case .success = text { state.failure.forget() }
          return text
        }
        switch text {
        case .success(let text):
          value.pointee = text
          return BH_OK
        case .failure(let code): return run.refuseParameter(path, code.value, "text")
        }
      }
    },
    get_i64: { ctx, path, value in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) {
        $0.parameter(path, into: value, "an integer", \.integerValue)
      }
    },
    get_f64: { ctx, path, value in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) {
        $0.parameter(path, into: value, "a number", \.realValue)
      }
    },
    get_bool: { ctx, path, value in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        run.parameter(path, into: value, "true or false") { $0.boolValue.map { $0 ? 1 : 0 } }
      }
    },
    count: { ctx, path, value in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        run.parameter(path, into: value, "a list or an object") { found in
          (found.arrayValue?.count ?? found.objectValue?.count).map { UInt64($0) }
        }
      }
    })
}

extension PluginRun {
  fileprivate func parameter<Value>(
    _ path: bh_str, into value: UnsafeMutablePointer<Value>?, _ kind: String, _ read: (JSONValue) -> Value?
  ) -> Int32 {
    guard let value else { return BH_INVALID }
    let path = path.text()
    guard let found = state.withLock({ $0.parameters.value(at: path) }) else {
      return refuseParameter(path, BH_NOT_FOUND, kind)
    }
    guard let read = read(found) else { return refuseParameter(path, BH_INVALID, kind) }
    value.pointee = read
    state.withLock { $0.failure.forget() }
    return BH_OK
  }

  fileprivate func refuseParameter(_ path: String, _ code: Int32, _ kind: String) -> Int32 {
    let why =
      code == BH_NOT_FOUND ? "was not given" : code == BH_INVALID ? "is not \(kind)" : "cannot be read"
    return refuse(code, "the parameter \"\(path)\" \(why)")
  }
}
