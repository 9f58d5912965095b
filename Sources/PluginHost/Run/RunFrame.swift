import CBulkheadPlugin
import CPluginRuntime
import Glibc
import Threading

/// The memory that stands for one run towards its plug-in: cell, `ctx` and the host's own line.
// SAFETY: the memory is never given back. Words that several threads touch are touched by atomic functions only;
// the rest is written by the run's thread before the entry and after it.
struct RunFrame: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<bhrt_frame>

  var cell: UnsafeMutablePointer<bh_cell> { bhrt_cell(pointer) }
  var ctx: UnsafeMutablePointer<bh_ctx> { bhrt_ctx(pointer) }

  /// The cell's stop word.
  var stopWord: UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(cell).assumingMemoryBound(to: UInt32.self)
  }

  /// The cell's hold count. One that went below zero counts as none: a plug-in that releases what it never held
  /// must not become deaf.
  var isHeld: Bool {
    let count = bhrt_load_u32(stopWord + 1)
    return count > 0 && count < 1 << 31
  }

  /// How deep the cell is held; below zero when more was released than held.
  var holdCount: Int { Int(Int32(bitPattern: bhrt_load_u32(stopWord + 1))) }

  /// Forgets regions that the entry never ended.
  func clearHold() {
    bhrt_store_u32(stopWord + 1, 0)
  }

  var hostCalls: Int64 {
    Int64(clamping: pointer.pointee.owner_calls &+ bhrt_load_u64(bhrt_other_calls(pointer)))
  }
}

/// All frames: one region, reserved at first use, of which only touched pages cost memory. Because it is one
/// region that is never given back, any pointer that a plug-in hands in as `ctx` can be judged without
/// touching it, and a `ctx` kept beyond its run is found stale.
final class RunFrames: Sendable {
  static let shared = RunFrames()

  static let capacity = 1 << 20
  /// A frame is used again only after so many others: the longer, the likelier a stale `ctx` is recognised.
  static let quarantine = 1024

  private struct Free {
    var waiting: [UInt32] = []
    var head = 0
    var fresh = 0
  }

  private let base: UInt
  /// Taken twice by every run: an ordinary mutex, as in `JobThreads`.
  private let free = Threading.Condition(Free())

  init() {
    let bytes = Self.capacity * MemoryLayout<bhrt_frame>.stride
    let mapped = mmap(
      nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | Int32(MAP_ANONYMOUS) | Int32(MAP_NORESERVE), -1, 0)
    precondition(mapped != MAP_FAILED, "the kernel refuses \(bytes >> 20) MiB of address space")
    base = UInt(bitPattern: mapped)
  }

  /// A frame with everything zero. Each run takes one for its life.
  func take() -> RunFrame {
    let index = free.withLock { free -> Int in
      if free.waiting.count - free.head > Self.quarantine || free.fresh == Self.capacity {
        precondition(free.head < free.waiting.count, "more than \(Self.capacity) runs at once")
        defer { free.head += 1 }
        return Int(free.waiting[free.head])
      }
      defer { free.fresh += 1 }
      return free.fresh
    }
    let frame = RunFrame(pointer: pointer(index))
    frame.pointer.initialize(to: bhrt_frame())
    return frame
  }

  /// Takes a frame back. From now on its `ctx` is stale.
  func giveBack(_ frame: RunFrame) {
    let index = (UInt(bitPattern: frame.pointer) - base) / UInt(MemoryLayout<bhrt_frame>.stride)
    free.withLock { free in
      bhrt_store_word(bhrt_owner(frame.pointer), 0)
      bhrt_store_word(bhrt_run(frame.pointer), 0)
      if free.head >= 4096, free.head * 2 >= free.waiting.count {
        free.waiting.removeFirst(free.head)
        free.head = 0
      }
      free.waiting.append(UInt32(index))
    }
  }

  /// Makes `run` reachable from the frame's `ctx`.
  func publish(_ run: PluginRun, in frame: RunFrame) {
    bhrt_store_word(bhrt_run(frame.pointer), UInt(bitPattern: Unmanaged.passUnretained(run).toOpaque()))
  }

  /// The frame that `ctx` belongs to; nil for NULL and for anything that the host never gave out.
  @inline(__always)
  func frame(of ctx: UnsafeMutablePointer<bh_ctx>?) -> UnsafeMutablePointer<bhrt_frame>? {
    guard let ctx else { return nil }
    let stride = UInt(MemoryLayout<bhrt_frame>.stride)
    let offset = UInt(bitPattern: bhrt_frame_of(ctx)) &- base
    guard offset < UInt(Self.capacity) &* stride, offset % stride == 0 else { return nil }
    return bhrt_frame_of(ctx)
  }

  /// The run of a frame, held: for threads that the run does not wait for.
  func retainedRun(_ frame: UnsafeMutablePointer<bhrt_frame>) -> PluginRun? {
    free.withLock { _ in
      frame.pointee.run.map { Unmanaged<PluginRun>.fromOpaque($0).takeUnretainedValue() }
    }
  }

  private func pointer(_ index: Int) -> UnsafeMutablePointer<bhrt_frame> {
    // The region was mapped at `base`, which is never nil.
    let first = UnsafeMutablePointer<bhrt_frame>(bitPattern: base)
    // SAFETY: `mmap` never answers page 0 here, so this is not reached; without the region nothing can run.
    guard let first else { preconditionFailure("the region of run frames is gone") }
    return first + index
  }
}
