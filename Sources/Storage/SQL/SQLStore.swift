package import DataModel
import Synchronization

/// The store over SQL in this process: one writing connection, one reading beside it. Safe from any thread;
/// each connection is used under its lock.
package final class SQLStore: Store {
  private let writer: Mutex<SQLSession?>
  private let reader: Mutex<SQLSession?>
  private let hub = SignalHub()
  /// Where it is, as errors name it.
  package let location: String

  /// Takes both connections over; nobody else may use them. The schema must be there.
  package init(
    writer: sending any SQLConnection, reader: sending any SQLConnection, catalogue: Catalogue,
    location: String,
    clock: @escaping @Sendable () -> Milliseconds
  ) {
    self.location = location
    self.writer = Mutex(SQLSession(writer, catalogue, clock))
    self.reader = Mutex(SQLSession(reader, catalogue, clock))
  }

  package func perform<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply {
    switch V.access {
    case .read:
      return try reader.withLock { session throws(StoreError) in
        guard let session else { throw self.isClosed }
        return try session.read(verb)
      }
    case .write:
      let (reply, signals) = try writer.withLock { session throws(StoreError) in
        guard let session else { throw self.isClosed }
        return try session.write(verb)
      }
      hub.dispatch(signals)
      return reply
    }
  }

  /// Performs writes in one commit and settles each after it; signals go out last. Dropped ones are passed over.
  package func write(_ writes: [QueuedWrite]) {
    let (settled, signals) = writer.withLock { session in
      let standing = writes.filter { !$0.isDropped() }
      guard !standing.isEmpty else { return ([(QueuedWrite, Result<[UInt8], StoreError>)](), SignalBatch()) }
      guard let session else { return (standing.map { ($0, .failure(isClosed)) }, SignalBatch()) }
      let (results, signals) = session.write(standing)
      return (Array(zip(standing, results)), signals)
    }
    for (write, result) in settled { write.settle(result) }
    hub.dispatch(signals)
  }

  package func observe(
    _ interest: StoreInterest, _ handler: @escaping @Sendable (StoreSignal) -> Void
  ) throws(StoreError) -> StoreObservation {
    hub.observe(interest, handler)
  }

  /// Ends both connections; every later verb throws `closed`.
  package func close() {
    writer.withLock { session in
      session?.close()
      session = nil
    }
    reader.withLock { session in
      session?.close()
      session = nil
    }
  }

  private var isClosed: StoreError { StoreError(.closed, "the store \(location) is closed") }
}
