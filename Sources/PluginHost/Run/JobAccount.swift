import CPluginRuntime
import DataModel

/// What one run uses. `attach` and `detach` stand right around every slice of the plug-in's code (its entry and
/// its clean-ups), on the thread that runs it: the one place where a meter of the thread becomes one of the job. The
/// CPU clock is that of this thread alone; memory also counts for threads that the plug-in starts.
struct JobAccount {
  private var cpuStart: Int64 = 0
  private var wallStart: Int64 = 0
  private(set) var cpuNanoseconds: Int64 = 0
  private(set) var wallNanoseconds: Int64 = 0
  /// Nil where memory cannot be counted.
  private(set) var memory: MemoryAccount?

  /// The run begins. `refusedAllocation`: which of its allocations fails, from 1.
  mutating func open(refusedAllocation: Int?) {
    memory = MemoryAccount(refusedAllocation: refusedAllocation)
  }

  /// The calling thread works for this job from here on.
  mutating func attach() {
    wallStart = bhrt_now_ns()
    cpuStart = bhrt_thread_cpu_ns()
  }

  /// The slice is over.
  mutating func detach() {
    cpuNanoseconds += bhrt_thread_cpu_ns() - cpuStart
    wallNanoseconds += bhrt_now_ns() - wallStart
  }

  /// The run is over: nothing is counted any more.
  mutating func close(hostCalls: Int64) -> Usage {
    defer { memory = nil }
    return Usage(
      cpuNanoseconds: cpuNanoseconds, wallNanoseconds: wallNanoseconds, hostCalls: hostCalls,
      memory: memory?.close())
  }
}

/// What one run allocates, as the allocator hooks count it.
// SAFETY: names an account of the hooks, which lives as long as the process; its words are atomic.
struct MemoryAccount: @unchecked Sendable {
  private let account: OpaquePointer

  /// Nil where the hooks are not available. Starts them at the process's first run.
  init?(refusedAllocation: Int?) {
    guard let account = bhrt_memory_open(UInt64(clamping: refusedAllocation ?? 0)) else { return nil }
    self.account = account
  }

  /// Does `body`, plug-in code, on the account of the run; nil: on nobody's.
  static func charge<Answer>(_ account: MemoryAccount?, _ body: () -> Answer) -> Answer {
    guard let account else { return body() }
    bhrt_memory_attach(account.account)
    defer { bhrt_memory_attach(nil) }
    return body()
  }

  /// A block that the host has made for the plug-in.
  func charge(_ block: UnsafeMutableRawPointer) { bhrt_memory_charge(account, block) }

  /// Whether this is the block that the run is not to get.
  func refuses(_ size: UInt64) -> Bool { bhrt_memory_refuses(account, size) != 0 }

  /// The block that was refused, if that has happened; its places are those in the module that begins at `module`.
  func refused(module: UInt) -> RefusedBlock? {
    var bytes: UInt64 = 0
    var isRefused = false
    let places = CodePlace.list { places, capacity in
      let count = bhrt_memory_refused(account, module, &bytes, places, capacity)
      isRefused = count >= 0
      return count
    }
    return isRefused ? RefusedBlock(bytes: Int64(clamping: bytes), places: places) : nil
  }

  /// The last figures. The account is spent.
  func close() -> MemoryUsage {
    var memory = bhrt_memory()
    bhrt_memory_read(account, &memory)
    bhrt_memory_close(account)
    return MemoryUsage(
      allocations: Int64(clamping: memory.allocations),
      allocatedBytes: Int64(clamping: memory.allocated_bytes),
      peakBytes: Int64(clamping: memory.peak_bytes), liveBytes: Int64(clamping: memory.live_bytes),
      liveBlocks: Int64(clamping: memory.live_blocks))
  }
}
