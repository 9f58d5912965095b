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
