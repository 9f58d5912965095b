package import DataModel

/// One transaction of the SQL store: the connection, the time of the store's clock, and what the commit will
/// tell: signals and counters.
package final class SQLTransaction {
  package let connection: any SQLConnection
  package let catalogue: Catalogue
  /// The store's clock when the transaction began.
  package let now: Milliseconds
  let kinds: SQLKinds
  package private(set) var signals = SignalBatch()
  private var counts = CountDeltas()
  /// Who asks, as the kernel tells of the process at the other end: for the audit.
  package var asker = SQLTransaction.thisProcess
  /// For which jobs whoever asks may speak.
  package var speaker = Speaker.anybody
  /// Who asks when no socket is between.
  package static let thisProcess = PeerUser.ofThisProcess

  package init(
    connection: any SQLConnection, catalogue: Catalogue, now: Milliseconds, kinds: SQLKinds = SQLKinds()
  ) {
    self.connection = connection
    self.catalogue = catalogue
    self.now = now
    self.kinds = kinds
  }

  package func signal(_ signal: StoreSignal) { signals.insert(signal) }

  /// Notes that a job went from one place to another; nil: came into being.
  func count(from old: StatusCode?, to new: StatusCode, jobs: Int = 1) {
    if let old { counts.add(old, -jobs) }
    counts.add(new, jobs)
  }

  /// Notes that a job that was there is removed.
  func uncount(_ old: StatusCode) { counts.add(old, -1) }

  /// What a verb that is undone alone has to give back.
  struct Mark {
    fileprivate let signals: SignalBatch
    fileprivate let counts: CountDeltas
  }

  func mark() -> Mark { Mark(signals: signals, counts: counts) }

  func restore(_ mark: Mark) {
    signals = mark.signals
    counts = mark.counts
    kinds.forget()
  }

  /// Writes what was counted. Called once, right before the commit: a counter's row is then held for moments.
  func writeCounts() throws(StoreError) {
    let changed = counts.changes
    if changed.isEmpty { return }
    try connection.runMany(
      "update job_count set jobs = jobs + $1 where status = $2", changed.map { [.int($1), .int($0)] })
  }
}

/// For whom a request speaks.
package enum Speaker: Sendable, Equatable {
  case anybody
  /// A worker of a user of its own: for itself. The node of its connection, nil before its hello was taken.
  case worker(NodeID?)
}

/// A state or an outcome as one number, as rows of events and counters hold it.
struct StatusCode: Hashable {
  let raw: Int64
  private static let firstOutcome: Int64 = 100

  init(raw: Int64) { self.raw = raw }
  init(_ state: JobState) { raw = Int64(state.rawValue) }
  init(_ outcome: Outcome) { raw = Self.firstOutcome + Int64(outcome.rawValue) }

  /// The job was not there before.
  static let none = StatusCode(raw: 0)

  var name: String {
    if raw > Self.firstOutcome {
      return Outcome(rawValue: UInt8(truncatingIfNeeded: raw - Self.firstOutcome))?.name ?? ""
    }
    return JobState(rawValue: UInt8(truncatingIfNeeded: raw))?.name ?? ""
  }

  static let all = JobState.allCases.map { StatusCode($0) } + Outcome.allCases.map { StatusCode($0) }
}

/// How the counters of one transaction change.
private struct CountDeltas {
  private var deltas = [Int64](repeating: 0, count: 128)

  mutating func add(_ code: StatusCode, _ jobs: Int) { deltas[Int(code.raw)] += Int64(jobs) }

  var changes: [(Int64, Int64)] {
    deltas.enumerated().filter { $0.element != 0 }.map { (Int64($0.offset), $0.element) }
  }
}
