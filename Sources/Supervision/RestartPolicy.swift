package import DataModel

/// When the next worker is started after one has ended: at once the first time, later and later when they end
/// quickly, 0.1 s doubling to 30 s. Pure: the time is passed in.
package struct RestartPolicy: Sendable, Equatable {
  package static let firstDelay: Milliseconds = 100
  package static let longestDelay: Milliseconds = 30_000
  /// A worker that lived so long ended for a reason of its own.
  package static let calm: Milliseconds = 60_000

  private var quickEnds = 0

  package init() {}

  /// Notes that a worker has ended; how long to wait before the next is started.
  package mutating func delay(startedAt: Milliseconds, endedAt: Milliseconds) -> Milliseconds {
    if endedAt - startedAt >= Self.calm { quickEnds = 0 }
    defer { quickEnds += 1 }
    guard quickEnds > 0 else { return 0 }
    return min(Self.firstDelay << Milliseconds(min(quickEnds - 1, 12)), Self.longestDelay)
  }
}
