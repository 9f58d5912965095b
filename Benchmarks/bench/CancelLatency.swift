import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport
import Threading

/// From the call of cancel to the job's end, seen by the one who asked: a job in one long sleep, and one in a
/// checkpoint loop; neither has a clean-up.
enum CancelLatency {
  static let samples = 200

  static func run() throws -> [Measurement] {
    try BenchEngine.with { engine in
      let client = try engine.client()
      let sleeping = try measure(
        client, Submission(action: "bench:sleep", assignments: [(name: "ms", text: "600000")]))
      let spinning = try measure(client, Submission(action: "bench:spin"))
      return [
        Percentile.p99("cancel_sleep_p99", sleeping, aim: "<= 50"),
        Measurement(name: "cancel_sleep_p50", unit: "ms", values: sleeping),
        Percentile.p99("cancel_checkpoint_p99", spinning, aim: "<= 50"),
        Measurement(name: "cancel_checkpoint_p50", unit: "ms", values: spinning),
      ]
    }
  }

  private static func measure(_ client: JobClient, _ submission: Submission) throws -> [Double] {
    var milliseconds: [Double] = []
    for sample in -5..<samples {
      let id = try client.submit(submission)[0]
      _ = try client.watch(id) { $0.status.name != "running" }
      let begun = MonotonicClock.nanoseconds
      _ = try client.cancel(id)
      let job = try client.watch(id) { _ in true }
      let taken = Double(MonotonicClock.nanoseconds - begun) / 1e6
      guard job.status.name == Outcome.cancelled.name else {
        throw RunningEngine.Failure("job \(id) ended as \(job.status.name) instead of cancelled")
      }
      if sample >= 0 { milliseconds.append(taken) }
    }
    return milliseconds
  }
}
