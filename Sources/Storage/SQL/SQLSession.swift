import DataModel

/// One write that waits for a commit: what it does, and who is told when the commit has come or failed.
package struct QueuedWrite: Sendable {
  /// About how many rows it touches: the measure of a commit.
  package let cost: Int
  /// Whether its asker has gone: it is dropped then, if it has not begun.
  package let isDropped: @Sendable () -> Bool
  /// Does it and answers with what `settle` is to send.
  package let run: @Sendable (SQLTransaction) throws(StoreError) -> [UInt8]
  package let settle: @Sendable (Result<[UInt8], StoreError>) -> Void

  package init(
    cost: Int, isDropped: @escaping @Sendable () -> Bool,
    run: @escaping @Sendable (SQLTransaction) throws(StoreError) -> [UInt8],
    settle: @escaping @Sendable (Result<[UInt8], StoreError>) -> Void
  ) {
    self.cost = cost
    self.isDropped = isDropped
    self.run = run
    self.settle = settle
  }
}

/// A connection with what is remembered about it. Used by one thread at a time.
final class SQLSession {
  private let connection: any SQLConnection
  private let catalogue: Catalogue
  private let clock: @Sendable () -> Milliseconds
  private let kinds = SQLKinds()

  init(
    _ connection: any SQLConnection, _ catalogue: Catalogue, _ clock: @escaping @Sendable () -> Milliseconds
  ) {
    self.connection = connection
    self.catalogue = catalogue
    self.clock = clock
  }

  func close() { connection.close() }

  func read<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply {
    try connection.begin(.read)
    defer { connection.rollback() }
    return try verb.run(in: transaction())
  }

  /// One verb in a transaction of its own.
  func write<V: StoreVerb>(_ verb: V) throws(StoreError) -> (V.Reply, SignalBatch) {
    try connection.begin(.write)
    do throws(StoreError) {
      let transaction = transaction()
      let reply = try verb.run(in: transaction)
      try commit(transaction)
      return (reply, transaction.signals)
    } catch {
      undo()
      throw error
    }
  }

  /// Several writes in one transaction, each of which can fail alone. Answers what each has to be told; when the
  /// commit fails, all have failed.
  func write(_ writes: [QueuedWrite]) -> ([Result<[UInt8], StoreError>], SignalBatch) {
    do throws(StoreError) {
      try connection.begin(.write)
      let transaction = transaction()
      var results: [Result<[UInt8], StoreError>] = []
      results.reserveCapacity(writes.count)
      for write in writes { results.append(try perform(write, isAlone: writes.count == 1, transaction)) }
      try commit(transaction)
      return (results, transaction.signals)
    } catch {
      undo()
      return ([Result](repeating: .failure(error), count: writes.count), SignalBatch())
    }
  }

  /// Throws only when the whole transaction is to be given up.
  private func perform(
    _ write: QueuedWrite, isAlone: Bool, _ transaction: SQLTransaction
  ) throws(StoreError) -> Result<[UInt8], StoreError> {
    if isAlone { return .success(try write.run(transaction)) }
    try connection.setSavepoint()
    let mark = transaction.mark()
    do throws(StoreError) {
      let answer = try write.run(transaction)
      try connection.releaseSavepoint()
      return .success(answer)
    } catch {
      transaction.restore(mark)
      // Some faults have undone the whole transaction: then all its requests have failed, and of that fault.
      do { try connection.undoToSavepoint() } catch _ { throw error }
      return .failure(error)
    }
  }

  private func commit(_ transaction: SQLTransaction) throws(StoreError) {
    try transaction.writeCounts()
    FaultPoint.reach("store.before_commit")
    try connection.commit()
    FaultPoint.reach("store.after_commit")
  }

  private func undo() {
    connection.rollback()
    kinds.forget()
  }

  private func transaction() -> SQLTransaction {
    SQLTransaction(connection: connection, catalogue: catalogue, now: clock(), kinds: kinds)
  }
}
