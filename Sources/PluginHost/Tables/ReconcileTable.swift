import CBulkheadPlugin
import CPluginRuntime
import DataModel
import Synchronization

/// `ext/reconcile.h`. Works after a stop: looking begins nothing.
extension bh_reconcile_table {
  static let running = bh_reconcile_table(
    size: UInt32(MemoryLayout<bh_reconcile_table>.size), flags: 0,
    action: { ctx in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: bh_str()) { $0.lostText(\.action) }
    },
    reason: { ctx in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: bh_str()) { $0.lostText(\.reason) }
    },
    step: { ctx, index, step in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        guard let step else { return run.refuse(BH_INVALID, "bh_reconcile_step: no place for the step") }
        return run.lost(index, \.steps) { one, memory in
          guard let name = memory.keep(one.name), let token = memory.keep(one.token),
            let result = memory.keep(one.result ?? "")
          else { return BH_MEMORY }
          step.pointee = bh_lost_step(
            name: name, token: token, result: result, done: one.result == nil ? 0 : 1, reserved: 0)
          return BH_OK
        }
      }
    },
    left_behind: { ctx, index, text in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        guard let text else { return run.refuse(BH_INVALID, "left_behind: no place for the text") }
        return run.lost(index, \.leftBehind) { one, memory in
          guard let kept = memory.keep(one) else { return BH_MEMORY }
          text.pointee = kept
          return BH_OK
        }
      }
    },
    answer: { ctx, answer, text in
      HostCall.with(ctx, bhrt_memory_suspend(), stale: BH_STALE) { run in
        guard (BH_RECONCILE_DONE...BH_RECONCILE_NOT_STARTED).contains(answer) else {
          return run.refuse(BH_INVALID, "bh_reconcile_answer: \(answer) is none of the answers")
        }
        let text = text.text()
        let isReconcile = run.state.withLock { state in
          state.reconcile?.answer = (answer, text)
          return state.reconcile != nil
        }
        return isReconcile
          ? BH_OK : run.refuse(BH_UNSUPPORTED, "bh_reconcile_answer: this run is no reconcile")
      }
    })
}

extension PluginRun {
  fileprivate func lostText(_ text: KeyPath<RunReconcile, String>) -> bh_str {
    state.withLock { state in
      guard !state.hasEnded, let lost = state.reconcile else { return bh_str() }
      return state.memory.keep(lost[keyPath: text]) ?? bh_str()
    }
  }

  /// The `index`-th of a list of the lost job, copied by `copy`.
  fileprivate func lost<Element>(
    _ index: UInt64, _ list: KeyPath<RunReconcile, [Element]>, _ copy: (Element, inout RunMemory) -> Int32
  ) -> Int32 {
    state.withLock { state in
      guard !state.hasEnded else { return BH_STALE }
      guard let list = state.reconcile?[keyPath: list], index < UInt64(list.count) else {
        return BH_NOT_FOUND
      }
      return copy(list[Int(index)], &state.memory)
    }
  }
}
