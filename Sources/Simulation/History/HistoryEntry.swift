import DataModel
import Storage

/// A simulated process, by number: 1 is the first worker.
typealias ProcessNumber = Int

/// One thing that happened in a world, in the order in which it did.
enum HistoryEntry {
  /// A submit was committed: its jobs have the ids from `first` on.
  case submitted(batch: Int, first: JobID, count: Int)
  /// Its client was told.
  case accepted(batch: Int, first: JobID, count: Int)
  case cancelAsked(JobID)
  case cancelAnswered(JobID, CancelAnswer)
  /// An event row of a job, as the commit left it.
  case event(JobEvent, number: Int64)
  case claimed(JobRun, ProcessNumber)
  /// Not one instruction before this, and none after `returned`.
  case entered(JobRun, ProcessNumber)
  /// It was told to stop before its entry, and never entered.
  case passedOver(JobRun, ProcessNumber)
  case returned(JobRun, ProcessNumber, code: Int32, stopBits: UInt32)
  /// Its outcome is in the worker's outbox.
  case kept(JobRun, ProcessNumber)
  /// The store took a finish of that run.
  case finishTaken(JobRun)
  /// The store took a record's write of that run.
  case recordWritten(JobRun, sequence: Int64)
  /// The store took progress or lines of that run.
  case noted(JobRun)
  case nodeRegistered(NodeID, ProcessNumber)
  case nodeEnded(NodeID, ProcessNumber)
  case workerStarted(ProcessNumber)
  /// `isKilled`: not by its own will.
  case workerEnded(ProcessNumber, isKilled: Bool)
  case drainOrdered(ProcessNumber)
  case serve(isUp: Bool)
  case blow(String)
  case calm
}

extension HistoryEntry: CustomStringConvertible {
  var description: String {
    switch self {
    case .submitted(let batch, let first, let count): "submit \(batch) committed: jobs \(first) + \(count)"
    case .accepted(let batch, let first, let count): "submit \(batch) answered: jobs \(first) + \(count)"
    case .cancelAsked(let job): "cancel of job \(job) committed"
    case .cancelAnswered(let job, let answer): "cancel of job \(job) answered: \(answer)"
    case .event(let event, let number):
      "job \(event.job) event \(number): \(event.from) -> \(event.to) (\(event.reason.rawValue)), fence \(event.fence)"
        + (event.detail.isEmpty ? "" : ": \(event.detail)")
    case .claimed(let run, let worker): "\(Self.name(run)) claimed by process \(worker)"
    case .entered(let run, let worker): "\(Self.name(run)) ENTERED in process \(worker)"
    case .passedOver(let run, let worker): "\(Self.name(run)) stopped before its entry in process \(worker)"
    case .returned(let run, let worker, let code, let bits):
      "\(Self.name(run)) returned \(code) in process \(worker), stop bits \(bits)"
    case .kept(let run, let worker): "\(Self.name(run)) kept in the outbox of process \(worker)"
    case .finishTaken(let run): "\(Self.name(run)) finish taken"
    case .recordWritten(let run, let sequence): "\(Self.name(run)) wrote record, number \(sequence)"
    case .noted(let run): "\(Self.name(run)) progress or lines taken"
    case .nodeRegistered(let node, let worker): "node \(node) is process \(worker)"
    case .nodeEnded(let node, let worker): "node \(node) (process \(worker)) ended for the store"
    case .workerStarted(let worker): "process \(worker) started"
    case .workerEnded(let worker, let isKilled): "process \(worker) " + (isKilled ? "was killed" : "ended")
    case .drainOrdered(let worker): "process \(worker) is to drain"
    case .serve(let isUp): isUp ? "serve is up" : "serve was killed"
    case .blow(let text): "blow: \(text)"
    case .calm: "from here on nothing goes wrong"
    }
  }

  private static func name(_ run: JobRun) -> String { "job \(run.job)/\(run.fence)" }
}

/// A history as one number: FNV-1a over the text of every entry with its time.
package struct HistoryHash: Sendable, Equatable, CustomStringConvertible {
  package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ text: String, at time: Int64) {
    for byte in text.utf8 { mix(byte) }
    for shift in stride(from: 0, to: 64, by: 8) { mix(UInt8(truncatingIfNeeded: time >> shift)) }
  }

  private mutating func mix(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }

  package var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
