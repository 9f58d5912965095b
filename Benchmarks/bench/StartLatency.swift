import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport
import Threading

/// From the call of submit to the plug-in's first instruction, on an engine that does nothing else.
enum StartLatency {
  static let samples = 300

  static func run() throws -> [Measurement] {
    try BenchEngine.with { engine in
      let client = try engine.client()
      var milliseconds: [Double] = []
      for sample in -20..<samples {
        let begun = MonotonicClock.nanoseconds
        let id = try client.submit(Submission(action: "stamp:start"))[0]
        let entered = try entered(client.watch(id) { _ in true })
        if sample >= 0 { milliseconds.append(Double(entered - begun) / 1e6) }
      }
      return [
        Measurement(name: "submit_to_start_p50", unit: "ms", values: milliseconds, aim: "<= 2"),
        Percentile.p99("submit_to_start_p99", milliseconds, aim: ""),
      ]
    }
  }

  private static func entered(_ job: JobRow) throws -> Int64 {
    guard case .ended(let end) = job.status, let result = end.result,
      case .object(let members) = try JSONValue(parsing: result),
      case .int(let entered) = members["entered_ns"] ?? .null
    else { throw RunningEngine.Failure("job \(job.id) did not say when it started: \(job.status)") }
    return entered
  }
}

/// A high percentile as a figure of its own: of the samples' five fifths the median, with the best and worst.
enum Percentile {
  static func p99(_ name: String, _ samples: [Double], aim: String) -> Measurement {
    let fifth = max(1, samples.count / 5)
    let parts = stride(from: 0, to: samples.count - fifth + 1, by: fifth).map { start in
      Measurement.percentile(Array(samples[start..<start + fifth]), 0.99)
    }
    return Measurement(name: name, unit: "ms", values: parts, aim: aim)
  }
}
