import DataModel
import Foundation
import Storage

/// What the fixture's file says, which the engine never touches: each entry into the plug-in as (job, fence).
struct Witness {
  var entries: [JobRun: Int] = [:]

  init(lines: [(job: Int64, fence: Int64)]) {
    for line in lines { entries[JobRun(job: JobID(line.job), fence: line.fence), default: 0] += 1 }
  }

  /// Reads the file; a line is whole because each is one append. No file: nobody was entered.
  init(file: String) throws {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      self.init(lines: [])
      return
    }
    self.init(
      lines: try text.split(separator: "\n").map { line in
        let words = line.split(separator: " ")
        guard words.count == 2, let job = Int64(words[0]), let fence = Int64(words[1]) else {
          throw KillFailure("the witness has a torn line: \(line)")
        }
        return (job, fence)
      })
  }

  func entries(of job: JobID) -> Int {
    entries.reduce(0) { $0 + ($1.key.job == job ? $1.value : 0) }
  }

  /// Each way in which the engine's word about the jobs and the witness disagree; empty when they agree.
  func disagreements(with jobs: [JobRow]) -> [String] {
    var found = entries.filter { $0.value > 1 }.map {
      "job \($0.key.job) was entered \($0.value) times under fence \($0.key.fence)"
    }
    let known = Set(jobs.map(\.id))
    found += Set(entries.keys.map(\.job)).subtracting(known).map { "job \($0) was entered and is not known" }
    return found + jobs.flatMap(disagreements)
  }

  private func disagreements(_ job: JobRow) -> [String] {
    let count = entries(of: job.id)
    let most = job.repeatRule == .never ? 1 : job.attempt
    var found: [String] = []
    func expect(_ range: ClosedRange<Int>, _ why: String) {
      if !range.contains(count) {
        found.append("job \(job.id) (\(job.repeatRule.name)) is \(why) and was entered \(count) times")
      }
    }
    expect(0...max(most, 0), "at attempt \(job.attempt)")
    switch job.status {
    case .live(.lost): expect(0...1, "lost")
    case .live(.ready), .live(.leased):
      let now = entries[JobRun(job: job.id, fence: job.fence)] ?? 0
      if now > 0 && job.status == .live(.leased) { found.append("job \(job.id) is leased and was entered") }
      if job.attempt == 0 { expect(0...0, "not started") }
    case .live: break
    case .ended(let end): disagreements(job, end, expect)
    }
    return found
  }

  private func disagreements(
    _ job: JobRow, _ end: JobEnd, _ expect: (ClosedRange<Int>, String) -> Void
  ) {
    switch end.outcome {
    case .succeeded, .warning: expect(1...Int.max, end.outcome.name)
    case .failed where job.reason == .attemptsExhausted: break
    case .failed: expect(1...Int.max, "failed")
    case .cancelled where job.attempt == 0: expect(0...0, "cancelled before its start")
    case .cancelled, .timedOut: break
    }
  }
}

struct KillFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
