import CPluginRuntime

/// A place in code, as it was in the process that was there.
package struct CodePlace: Sendable, Equatable, Codable {
  /// The file of the module, as the loader knows it.
  package var module: String
  /// From the module's start, as its own tables count.
  package var offset: UInt64
  /// The nearest exported name below it; empty when there is none.
  package var symbol: String

  package init(module: String, offset: UInt64, symbol: String) {
    self.module = module
    self.offset = offset
    self.symbol = symbol
  }
}

extension CodePlace {
  private static let limit = 6

  /// The places that `fill` writes; it gives how many.
  static func list(_ fill: (UnsafeMutablePointer<bhrt_place>, Int32) -> Int32) -> [CodePlace] {
    withUnsafeTemporaryAllocation(of: bhrt_place.self, capacity: limit) { places in
      guard let start = places.baseAddress else { return [] }
      return (0..<max(0, Int(fill(start, Int32(limit))))).map { index in
        CodePlace(
          module: String(cString: bhrt_place_module(start + index)), offset: start[index].offset,
          symbol: String(cString: bhrt_place_symbol(start + index)))
      }
    }
  }
}

/// The block of memory that a run was not given, because its options say so.
package struct RefusedBlock: Sendable, Equatable, Codable {
  package var bytes: Int64
  /// The plug-in's frames that asked for it, the innermost first.
  package var places: [CodePlace]
}

/// What was measured of a run beside its `Usage`.
package struct RunMeasures: Sendable, Equatable {
  /// The longest time in which the entry passed no cancel point, nanoseconds; 0 when that was not measured. Time inside
  /// a wait of the host does not count: a stop ends it.
  package var worstGapNanoseconds: Int64 = 0
  /// The plug-in's frames at the cancel point that ended it, the innermost first; empty when the entry's return did.
  package var worstGapPlaces: [CodePlace] = []
  /// From the first stop to the entry's return, nanoseconds; nil when none was raised while it ran.
  package var stopLatencyNanoseconds: Int64?
  /// The hold count when the entry returned: 0 when each `bh_hold` had its `bh_release`.
  package var holdsLeft = 0
  /// Calls of `bh_alloc`.
  package var hostAllocations = 0
  /// The block that `failAllocation` refused; nil: it did not come to that.
  package var refused: RefusedBlock?
}

/// Finds the longest time between two cancel points.
struct GapMeter {
  private(set) var worst: Int64 = 0
  private(set) var places: [CodePlace] = []
  private var last: Int64 = 0

  /// The entry begins, or a wait that a stop would have ended is over.
  mutating func restart() { last = bhrt_now_ns() }

  /// A cancel point was passed, somewhere in `module`; nil: the entry has returned.
  mutating func pass(module: UInt?) {
    let now = bhrt_now_ns()
    defer { last = bhrt_now_ns() }
    guard now - last > worst else { return }
    worst = now - last
    places = module.map { module in CodePlace.list { bhrt_find_callers(module, $0, $1) } } ?? []
  }
}
