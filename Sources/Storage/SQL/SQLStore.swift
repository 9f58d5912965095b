package import DataModel
import Synchronization

/// The store over SQL in this process: one writing connection, one reading beside it where the database lets two
/// see the same tables. Safe from any thread; each connection is used under its lock.
package final class SQLStore: Store {
  private let writer: SessionLock
  /// The same as `writer` where there is only one connection.
  private let reader: SessionLock
  private let hub = SignalHub()
  /// Set at the first damage that was met: nothing is written from then on.
  private let damage = Mutex<StoreError?>(nil)
  private let onDamage: @Sendable (StoreError) -> Void
  /// Where it is, as errors name it.
  package let location: String

  /// Takes both connections over; nobody else may use them. The schema must be there. `onDamage` is called once,
  /// when the database is found to be damaged.
  package init(
    writer: sending any SQLConnection, reader: sending any SQLConnection, catalogue: Catalogue,
    location: String, clock: @escaping @Sendable () -> Milliseconds,
    onDamage: @escaping @Sendable (StoreError) -> Void = { _ in }
  ) {
    self.location = location
    self.onDamage = onDamage
    self.writer = SessionLock(SQLSession(writer, catalogue, clock))
    self.reader = SessionLock(SQLSession(reader, catalogue, clock))
  }

  /// Takes the one connection there is, for a database that only it can see.
  package init(
    only connection: sending any SQLConnection, catalogue: Catalogue, location: String,
    clock: @escaping @Sendable () -> Milliseconds
  ) {
    self.location = location
    onDamage = { _ in }
    writer = SessionLock(SQLSession(connection, catalogue, clock))
    reader = writer
  }

  package func perform<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply {
    do throws(StoreError) {
      return try performed(verb)
    } catch {
      note(error)
      throw error
    }
  }

  private func performed<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply {
    switch V.access {
    case .read:
      return try reader.session.withLock { session throws(StoreError) in
        guard let session else { throw self.isClosed }
        return try session.read(verb)
      }
    case .write:
      let (reply, signals) = try writer.session.withLock { session throws(StoreError) in
        guard let session else { throw self.isClosed }
        if let damage = self.damage.withLock({ $0 }) { throw damage }
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
      if let damage = damage.withLock({ $0 }) {
        return (standing.map { ($0, .failure(damage)) }, SignalBatch())
      }
      let (results, signals) = session.write(standing)
      return (Array(zip(standing, results)), signals)
    }
    for (write, result) in settled {
      if case .failure(let error) = result { note(error) }
      write.settle(result)
    }
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

  private func note(_ error: StoreError) {
    guard error.code == .damaged else { return }
    let isNew = damage.withLock { damage in
      defer { if damage == nil { damage = error } }
      return damage == nil
    }
    if isNew { onDamage(error) }
  }

  private var isClosed: StoreError { StoreError(.closed, "the store \(location) is closed") }
}

/// A connection under its lock: in a class, so that both ways may lead to the same one.
private final class SessionLock: Sendable {
  let session: Mutex<SQLSession?>

  init(_ session: sending SQLSession) { self.session = Mutex(session) }
}
