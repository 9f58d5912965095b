/// What a run came to, as its worker reports it: the input of `finish`.
package struct RunEnd: Sendable, Equatable {
  /// What the entry returned (`BH_OK` ...), see `ReturnCode`.
  package var code: Int32
  /// The failure's text, empty when there was none. Later failures are chained, one a line.
  package var message: String
  /// JSON text of the result, or nil.
  package var result: String?
  /// Texts of clean-ups that failed, ran out of time or could not run.
  package var leftBehind: [String]
  /// The stop bits that had been raised when the entry returned.
  package var stopBits: UInt32
  package var usage: Usage
  /// When it returned, by the worker's clock; 0 when not said. The store may hear of it much later.
  package var endedAt: Milliseconds

  package init(
    code: Int32, message: String = "", result: String? = nil, leftBehind: [String] = [],
    stopBits: UInt32 = 0, usage: Usage = Usage(), endedAt: Milliseconds = 0
  ) {
    self.code = code
    self.message = message
    self.result = result
    self.leftBehind = leftBehind
    self.stopBits = stopBits
    self.usage = usage
    self.endedAt = endedAt
  }
}

/// What one run used.
package struct Usage: Sendable, Equatable {
  package var cpuNanoseconds: Int64
  package var wallNanoseconds: Int64
  package var hostCalls: Int64
  /// Nil where it cannot be counted (`bhrt_memory_start` says when).
  package var memory: MemoryUsage?

  package init(
    cpuNanoseconds: Int64 = 0, wallNanoseconds: Int64 = 0, hostCalls: Int64 = 0, memory: MemoryUsage? = nil
  ) {
    self.cpuNanoseconds = cpuNanoseconds
    self.wallNanoseconds = wallNanoseconds
    self.hostCalls = hostCalls
    self.memory = memory
  }
}

/// What the plug-in's code, the libraries that it called and the threads that it started allocated for one run. Bytes
/// are those that were asked for.
package struct MemoryUsage: Sendable, Equatable {
  /// How often a block was asked for; a change of size counts as one.
  package var allocations: Int64
  package var allocatedBytes: Int64
  /// The most that was allocated at one time.
  package var peakBytes: Int64
  /// Not freed when the run ended: leaks, and what libraries keep for the next time.
  package var liveBytes: Int64
  package var liveBlocks: Int64

  package init(
    allocations: Int64 = 0, allocatedBytes: Int64 = 0, peakBytes: Int64 = 0, liveBytes: Int64 = 0,
    liveBlocks: Int64 = 0
  ) {
    self.allocations = allocations
    self.allocatedBytes = allocatedBytes
    self.peakBytes = peakBytes
    self.liveBytes = liveBytes
    self.liveBlocks = liveBlocks
  }
}

/// Return codes of the ABI that the engine itself judges (`bulkhead.h`).
package enum ReturnCode {
  package static let ok: Int32 = 0
  package static let parked: Int32 = 1
  package static let warning: Int32 = 2
  package static let cancelled: Int32 = -1
  package static let deadline: Int32 = -2
  package static let bug: Int32 = -11
  /// What came of it outside cannot be told: the job is lost.
  package static let unknown: Int32 = -15
  package static let lowest: Int32 = -15

  private static let names = [
    "cancelled", "deadline", "memory", "invalid", "not_found", "conflict", "denied", "io", "remote",
    "unsupported", "bug", "fenced", "stale", "again", "unknown",
  ]

  /// The name of a code of the ABI, nil for a number that has none.
  package static func name(_ code: Int32) -> String? {
    switch code {
    case ok: "ok"
    case parked: "parked"
    case warning: "warning"
    case lowest ... -1: names[Int(-code) - 1]
    default: nil
    }
  }
}

/// Stop bits of the ABI's cell that the engine raises (`bulkhead.h`).
package enum StopBits {
  package static let cancel: UInt32 = 0x01
  package static let deadline: UInt32 = 0x02
  package static let fenced: UInt32 = 0x10
  package static let shutdown: UInt32 = 0x10000
  package static let profile: UInt32 = 0x20000
}
