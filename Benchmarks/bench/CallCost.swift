import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport

/// What crossing the border costs, measured by a plug-in itself: nanoseconds a call against a direct call.
enum CallCost {
  static let runs = 7

  static func run() throws -> [Measurement] {
    try BenchEngine.with { engine in
      let client = try engine.client()
      var figures: [String: [Double]] = [:]
      for _ in 0..<runs {
        let id = try client.submit(
          Submission(action: "bench:calls", assignments: [(name: "n", text: "2000000")]))[0]
        for (name, value) in try result(client.watch(id) { _ in true }) {
          figures[name, default: []].append(value)
        }
      }
      let direct = figures.removeValue(forKey: "direct_ns") ?? []
      return figures.sorted { $0.key < $1.key }.map { name, values in
        Measurement(name: "call_" + name, unit: "ns", values: values, baseline: direct)
      }
    }
  }

  private static func result(_ job: JobRow) throws -> [String: Double] {
    guard case .ended(let end) = job.status, let result = end.result,
      case .object(let members) = try JSONValue(parsing: result)
    else { throw RunningEngine.Failure("bench:calls gave no result: \(job.status)") }
    return members.compactMapValues { value in
      switch value {
      case .int(let number): Double(number)
      case .real(let number): number
      default: nil
      }
    }
  }
}
