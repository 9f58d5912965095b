import CRawSQLite
import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport
import Threading

/// No-op jobs a second, end to end and durable: bulk submit over the socket, claim, through a real `.so` on a job
/// thread, finish; against the same rows written by plain sqlite3 calls.
enum NoopThroughput {
  static let jobs = 20_000
  static let batch = 500
  static let runs = 5

  static func run() throws -> [Measurement] {
    try BenchEngine.with { engine in
      var values: [Double] = []
      var baseline: [Double] = []
      _ = try lives(engine)  // warms the WAL, the pool and the caches
      for round in 0..<runs {
        baseline.append(try rawLives(engine.folder + "/raw-\(round).db"))
        values.append(try lives(engine))
      }
      return [
        Measurement(
          name: "noop_jobs_per_second", unit: "jobs/s", values: values, baseline: baseline,
          aim: ">= 20000")
      ]
    }
  }

  private static func lives(_ engine: RunningEngine) throws -> Double {
    let store = try engine.connect()
    let client = JobClient(store: store)
    let request = try client.prepare(Submission(action: "bench:noop"))
    let before = try ended(store)
    let begun = MonotonicClock.nanoseconds
    for _ in 0..<jobs / batch {
      let submit = SubmitJobs(
        batchID: JobClient.random16(), jobs: Array(repeating: request, count: batch))
      _ = try store.perform(submit)
    }
    let bell = Bell()
    while try ended(store) < before + Int64(jobs) { bell.wait(milliseconds: 2) }
    return Double(jobs) / (Double(MonotonicClock.nanoseconds - begun) / 1e9)
  }

  private static func ended(_ store: any Store) throws -> Int64 {
    let counts = try store.perform(CountJobs())
    return Int64(counts[Outcome.succeeded.name] ?? 0)
  }

  private static func rawLives(_ path: String) throws -> Double {
    let seconds = crawsqlite_job_lives(path, Int32(jobs), Int32(batch))
    guard seconds > 0 else { throw RunningEngine.Failure("the raw baseline failed") }
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    return Double(jobs) / seconds
  }
}
