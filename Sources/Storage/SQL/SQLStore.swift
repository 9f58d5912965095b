package import DataModel
import Synchronization

/// The store over SQL in this process: one writing connection, one reading beside it where the database lets two
/// see the same tables. Safe from any thread; each connection is used under its lock.
package final class SQLStore: Store {
  private let writer: SessionLock
  /// The same as `writer` where there is only one connection.
  private let reader: SessionLock
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
    self.writer = SessionLock(SQLSession(writer, catalogue, clock))
    self.reader = SessionLock(SQLSession(reader, catalogue, clock))
  }

  /// Takes the one connection there is, for a database that only it can see.
  package init(
    only connection: sending any SQLConnection, catalogue: Catalogue, location: String,
    clock: @escaping @Sendable () -> Milliseconds
  ) {
    self.location = location
    writer = SessionLock(SQLSession(connection, catalogue, clock))
    reader = writer
  }

  package func perform<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply {
    switch V.access {
    case .read:
      return try reader.session.withLock { session throws(StoreError) in
        guard let session else { throw self.isClosed }
        return try session.read(verb)
      }
    case .write:
      let (reply, signals) = try writer.session.withLock { session throws(StoreError) in
        guard let session else { throw self.isClosed }
        return try session.write(verb)
      }
      hub.dispatch(signals)
      return reply
    }
  }

  /// Performs writes in one commit and settles each after it; signals go out last. Dropped ones are passed over.
  package func write(_ writes: [QueuedWrite]) {
    let (settled, signals) = writer.session.withLock { session in
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
    writer.session.withLock { session in
      session?.close()
      session = nil
    }
    reader.session.withLock { session in
      session?.close()
      session = nil
    }
  }

  private var isClosed: StoreError { StoreError(.closed, "the store \(location) is closed") }
}

/// A connection under its lock: in a class, so that both ways may lead to the same one.
private final class SessionLock: Sendable {
  let session: Mutex<SQLSession?>

  init(_ session: sending SQLSession) { self.session = Mutex(session) }
}
