package import DataModel

/// How long the store keeps what is only history. 0 keeps it for ever.
package struct Retention: Sendable, Equatable {
  /// Jobs that have ended, with their events, logs and results.
  package var jobs: Milliseconds
  /// Log lines of jobs that have ended: at most as long as the jobs.
  package var logs: Milliseconds

  private static let day: Milliseconds = 86_400_000

  package init(jobs: Milliseconds = 90 * day, logs: Milliseconds = 30 * day) {
    self.jobs = jobs
    self.logs = logs
  }
}

/// Whether the wall clock may be believed when it says that something is old enough to be removed. A clock that leaps
/// ahead for a moment (a virtual machine that was resumed, a wrong date before the first word of a time server) must
/// not cost a site its history: after a leap nothing is removed until the clock has gone evenly for an hour.
package struct ClockTrust: Sendable {
  /// Gone by without a trace in the store, more is a leap or a long rest: both are waited out.
  package static let leap: Milliseconds = 86_400_000
  package static let probation: Milliseconds = 3_600_000
  /// Wall clock and monotonic clock may part so far between two looks: time servers nudge.
  package static let drift: Milliseconds = 60_000

  private var last: (wall: Milliseconds, monotonic: Milliseconds)?
  private var trustedFrom = Milliseconds.min

  package init() {}

  /// A look at the clocks. `newest` is the latest time that the store knew when it was opened; it counts at the
  /// first look only.
  package mutating func isTrusted(
    wall: Milliseconds, monotonic: Milliseconds, newest: Milliseconds
  ) -> Bool {
    let isLeap: Bool
    if let last {
      isLeap = abs((wall - last.wall) - (monotonic - last.monotonic)) > Self.drift
    } else {
      isLeap = newest > 0 && wall - newest > Self.leap
    }
    last = (wall, monotonic)
    if isLeap { trustedFrom = monotonic + Self.probation }
    return monotonic >= trustedFrom
  }
}

extension Retention {
  /// Ids of submits are for clients that ask again within seconds.
  private static let batches: Milliseconds = 86_400_000

  /// What may go at that time.
  package func pruning(at now: Milliseconds, rows: Int = 1000) -> PruneHistory {
    PruneHistory(
      jobsBefore: jobs > 0 ? now - jobs : nil, logsBefore: logs > 0 ? now - logs : nil,
      batchesBefore: now - Self.batches, keptFor: jobs, rows: rows)
  }
}
