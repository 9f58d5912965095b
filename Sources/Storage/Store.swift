package import DataModel

/// One act on the store: a value that says what is wanted, crosses the socket as it is, and runs in one
/// transaction. All of the product's storage is a list of verbs; every store performs the same ones.
package protocol StoreVerb: WireVerb {
  /// Whether it changes anything: writes go through the one writer, reads beside it.
  static var access: StoreAccess { get }
  /// Does it, inside a transaction that the caller commits. Throwing undoes this verb alone.
  func run(in transaction: SQLTransaction) throws(StoreError) -> Reply
  /// About how many rows it touches: the measure by which writes share a commit.
  var cost: Int { get }
  /// Writes that take long by their nature let all others go first.
  var yields: Bool { get }
}

extension StoreVerb {
  package var cost: Int { 1 }
  package var yields: Bool { false }
}

package enum StoreAccess: Sendable { case read, write }

/// A request with its answer, as it crosses the socket. `code` is stable: numbers are never reused.
package protocol WireVerb: WireCodable, Sendable {
  associatedtype Reply: WireCodable, Sendable
  static var code: UInt16 { get }
}

/// The truth about jobs, nodes, plug-ins and records.
///
/// Blocking by design: callers are OS threads (job threads, the claim loop, verbs), never Swift's cooperative
/// pool. Safe to call from any thread.
package protocol Store: AnyObject, Sendable {
  /// Performs one verb in one durable transaction; when it returns, the change is committed.
  func perform<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply
  /// Calls `handler` after each commit that `interest` asks about, from a thread of the store; keep it short.
  /// A signal only makes things faster: losing every one loses nothing. Ends when the observation is cancelled.
  func observe(_ interest: StoreInterest, _ handler: @escaping @Sendable (StoreSignal) -> Void)
    throws(StoreError) -> StoreObservation
}

/// What a commit may wake somebody for.
package enum StoreSignal: Hashable, Sendable {
  /// Jobs became ready.
  case jobsReady
  /// Something about that job changed: state, progress, log.
  case jobChanged(JobID)
  /// Jobs of that node were asked to stop, or its order changed: poll.
  case nodeCalled(NodeID)
  /// The list of plug-ins changed.
  case pluginsChanged
}

/// Which signals an observer wants.
package struct StoreInterest: Sendable, Equatable {
  package var ready = false
  package var plugins = false
  package var node: NodeID?
  package var jobs: Set<JobID> = []

  package init() {}

  package static func worker(_ node: NodeID) -> StoreInterest {
    var interest = StoreInterest()
    interest.ready = true
    interest.plugins = true
    interest.node = node
    return interest
  }

  /// Changes of the list of plug-ins.
  package static var plugins: StoreInterest {
    var interest = StoreInterest()
    interest.plugins = true
    return interest
  }

  package static func job(_ job: JobID) -> StoreInterest {
    var interest = StoreInterest()
    interest.jobs = [job]
    return interest
  }

  package func wants(_ signal: StoreSignal) -> Bool {
    switch signal {
    case .jobsReady: ready
    case .pluginsChanged: plugins
    case .nodeCalled(let called): node == called
    case .jobChanged(let job): jobs.contains(job)
    }
  }
}

/// A running observation. Cancel it to end; cancelling twice is fine.
package struct StoreObservation: Sendable {
  package let cancel: @Sendable () -> Void
  package init(cancel: @escaping @Sendable () -> Void) { self.cancel = cancel }
}

/// What went wrong with the store, for whom it matters, and what to do.
package struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Code: UInt8, Sendable, CaseIterable {
    /// Nobody answers at the socket.
    case noEngine = 1
    /// The connection ended before the answer came: the change may have been made or not.
    case inDoubt = 2
    /// The asker's node or fence is no longer valid.
    case fenced = 3
    /// The request is wrong.
    case invalid = 4
    case notFound = 5
    /// The database refused: disk full, read-only, corrupt, locked by another program.
    case database = 6
    /// The file was written by a newer version.
    case newerSchema = 7
    /// Somebody else serves this store.
    case alreadyServed = 8
    /// A frame or a version of the protocol that is not understood.
    case badFrame = 9
    /// The store is closing.
    case closed = 10
    /// The file was written by an older version, and is not to be changed.
    case olderSchema = 60
    /// The file is damaged: nothing is written to it any more.
    case damaged = 61
  }

  package var code: Code
  package var message: String
  /// What to do, one sentence; empty when the message says it.
  package var cure: String

  package init(_ code: Code, _ message: String, cure: String = "") {
    self.code = code
    self.message = message
    self.cure = cure
  }

  package var description: String { cure.isEmpty ? message : message + " (" + cure + ")" }
}
