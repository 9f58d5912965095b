import DataModel
import TestSupport

/// What one round does to the engine: chosen by the seed alone, so that a failure can be played again.
struct KillPlan: CustomStringConvertible {
  enum Victim: String, CaseIterable { case worker, serve, both }

  enum Blow {
    /// SIGKILL on itself at the n-th reach of a named point; the name is the victim's.
    case point(String, Int, Victim)
    /// SIGKILL after so many milliseconds.
    case kill(Victim, afterMilliseconds: Int64)
    /// SIGSTOP, and SIGCONT later.
    case pause(Victim, afterMilliseconds: Int64, milliseconds: Int64)
  }

  /// Points of the process that serves, and of the worker: before and after each commit, and before entry.
  static let servePoints = ["store.before_commit", "store.after_commit"]
  static let workerPoints = ["worker.claimed", "run.before_entry", "run.before_finish"]

  var jobs: Int
  var workMilliseconds: [Int64]
  var cancelled: Set<Int>
  var blow: Blow

  init(round: Int, _ random: inout SplitMix64) {
    let jobs = Int.random(in: 4...16, using: &random)
    self.jobs = jobs
    workMilliseconds = (0..<jobs).map { _ in
      [0, 0, 5, 20, 60].randomElement(using: &random) ?? 0
    }
    cancelled = Set((0..<jobs).filter { _ in Int.random(in: 0..<6, using: &random) == 0 })
    switch round % 3 {
    case 0: blow = Self.point(&random)
    case 1:
      blow = .kill(
        Victim.allCases.randomElement(using: &random) ?? .worker,
        afterMilliseconds: Int64.random(in: 0...80, using: &random))
    default:
      blow = .pause(
        Bool.random(using: &random) ? .worker : .serve,
        afterMilliseconds: Int64.random(in: 0...40, using: &random),
        milliseconds: Int64.random(in: 5...150, using: &random))
    }
  }

  private static func point(_ random: inout SplitMix64) -> Blow {
    let isServe = Bool.random(using: &random)
    let name = (isServe ? servePoints : workerPoints).randomElement(using: &random) ?? "run.before_entry"
    return .point(name, Int.random(in: 1...14, using: &random), isServe ? .serve : .worker)
  }

  /// The environment that arms a named point.
  var environment: [String: String] {
    guard case .point(let name, let count, let victim) = blow else { return [:] }
    return [victim == .serve ? "BULKHEAD_FAULT" : "BULKHEAD_WORKER_FAULT": "\(name):\(count)=kill"]
  }

  var description: String { "\(jobs) jobs, \(cancelled.count) cancelled, \(blow)" }
}
