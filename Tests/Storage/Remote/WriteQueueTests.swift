import DataModel
import SQLiteStorage
import Storage
import TestSupport
import Testing
import Threading

@Suite("Writer: many requests, one commit")
struct WriteQueueTests {
  /// What was settled, in order.
  private final class Settled: Sendable {
    let names = Threading.Condition<[String]>([])

    func write<V: StoreVerb>(
      _ name: String, _ verb: V, isDropped: @escaping @Sendable () -> Bool = { false }, failing: Bool = false
    ) -> QueuedWrite {
      QueuedWrite(
        cost: verb.cost, isDropped: isDropped,
        run: { transaction throws(StoreError) in
          _ = try verb.run(in: transaction)
          if failing { throw StoreError(.invalid, "after the act") }
          return []
        },
        settle: { [names] result in
          let text = if case .failure(let error) = result { name + ": " + error.message } else { name }
          names.update { $0.append(text) }
        })
    }
  }

  static func submit(_ count: Int) -> SubmitJobs {
    SubmitJobs(
      batchID: TestStore.batchID(), jobs: Array(repeating: JobRequest(kind: TestStore.kind), count: count))
  }

  @Test("a request that fails is undone alone")
  func failsAlone() throws {
    try TestStore.with(.direct) { test in
      let settled = Settled()
      let heard = Threading.Condition<[StoreSignal]>([])
      let observation = try test.direct.observe(.plugins) { signal in heard.update { $0.append(signal) } }
      defer { observation.cancel() }
      let newKind = JobKind(plugin: "only", action: "here")
      let failing = SubmitJobs(batchID: TestStore.batchID(), jobs: [JobRequest(kind: newKind)])
      test.direct.write([
        settled.write("one", Self.submit(2)), settled.write("two", failing, failing: true),
        settled.write("file", PutPluginFile(ReadingTests.file("aa")), failing: true),
        settled.write("three", Self.submit(3)),
      ])
      #expect(
        settled.names.withLock { $0 } == ["one", "two: after the act", "file: after the act", "three"])
      #expect(try test.store.perform(CountJobs())["ready"] == 5)
      #expect(heard.withLock { $0.isEmpty })
      // The number that the undone request gave its kind is not remembered.
      let ids = try test.submit(kind: newKind)
      #expect(try test.row(ids[0]).kind == newKind)
    }
  }

  @Test("a fault that undoes the whole transaction is what all its requests are told, not what came of it")
  func wholeUndone() throws {
    try TestStore.with(.direct) { test in
      let settled = Settled()
      let full = QueuedWrite(
        cost: 1, isDropped: { false },
        run: { transaction throws(StoreError) in
          // As SQLite does by itself on a full disk.
          try transaction.connection.run("rollback", [])
          throw StoreError(.database, "the disk is full")
        },
        settle: { [names = settled.names] result in
          if case .failure(let error) = result { names.update { $0.append(error.message) } }
        })
      test.direct.write([settled.write("one", Self.submit(2)), full, settled.write("two", Self.submit(3))])
      #expect(
        settled.names.withLock { $0 } == [
          "one: the disk is full", "the disk is full", "two: the disk is full",
        ])
      let ready = try test.store.perform(CountJobs())["ready"]
      #expect(ready == 0)
    }
  }

  @Test("what was dropped before it began is not done, and not answered")
  func dropped() throws {
    try TestStore.with(.direct) { test throws in
      let settled = Settled()
      test.direct.write([
        settled.write("kept", Self.submit(1)), settled.write("gone", Self.submit(5), isDropped: { true }),
      ])
      #expect(settled.names.withLock { $0 } == ["kept"])
      #expect(try test.store.perform(CountJobs())["ready"] == 1)
    }
  }

  @Test("small requests go before a large submit, and do not keep it out for ever")
  func order() throws {
    try TestStore.with(.direct) { test in
      let settled = Settled()
      let queue = WriteQueue(test.direct)
      // Each of these fills a commit of its own, so that turns can be seen.
      let claim = ClaimJobs(node: NodeID(1), kinds: [], limit: 4000)
      _ = try test.makeNode()
      #expect(queue.add(settled.write("large", Self.submit(1200)), yields: true))
      for number in 1...6 { #expect(queue.add(settled.write("claim \(number)", claim), yields: false)) }
      queue.start()
      queue.close()
      #expect(
        settled.names.withLock { $0 } == [
          "claim 1", "claim 2", "claim 3", "large", "claim 4", "claim 5", "claim 6",
        ])
      #expect(!queue.add(settled.write("late", claim), yields: false))
    }
  }

  /// A connection whose next commit fails, as a full disk makes it.
  private final class FailingCommit: SQLConnection {
    private let real: SQLiteConnection
    private let isFull: Threading.Condition<Bool>

    init(_ real: SQLiteConnection, _ isFull: Threading.Condition<Bool>) {
      self.real = real
      self.isFull = isFull
    }

    var dialect: SQLDialect { real.dialect }
    func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Int { try real.run(sql, values) }
    func runMany(_ sql: String, _ rows: [[SQLValue]]) throws(StoreError) -> Int {
      try real.runMany(sql, rows)
    }
    func query(_ sql: String, _ values: [SQLValue], _ row: (any SQLRow) -> Void) throws(StoreError) {
      try real.query(sql, values, row)
    }
    func queryEach(_ sql: String, _ keys: [Int64], _ row: (any SQLRow) -> Void) throws(StoreError) {
      try real.queryEach(sql, keys, row)
    }
    func begin(_ access: StoreAccess) throws(StoreError) { try real.begin(access) }
    func commit() throws(StoreError) {
      if isFull.withLock({ $0 }) { throw StoreError(.database, "the disk is full") }
      try real.commit()
    }
    func rollback() { real.rollback() }
    func setSavepoint() throws(StoreError) { try real.setSavepoint() }
    func releaseSavepoint() throws(StoreError) { try real.releaseSavepoint() }
    func undoToSavepoint() throws(StoreError) { try real.undoToSavepoint() }
    func close() { real.close() }
  }

  @Test("a commit that fails: nobody is told that it was done, nothing is, and the next one works")
  func failingCommit() throws {
    let test = try TestStore()
    defer { test.end() }
    let isFull = Threading.Condition(true)
    let store = SQLStore(
      writer: FailingCommit(try SQLiteConnection(path: test.path), isFull),
      reader: try SQLiteConnection(path: test.path, isReader: true), catalogue: .standard,
      location: test.path,
      clock: { 1 })
    defer { store.close() }
    let settled = Settled()
    store.write([settled.write("one", Self.submit(1)), settled.write("two", Self.submit(1))])
    #expect(settled.names.withLock { $0 } == ["one: the disk is full", "two: the disk is full"])
    #expect(refusal { try store.perform(Self.submit(1)) }?.message == "the disk is full")
    #expect(try store.perform(CountJobs())["ready"] == 0)
    isFull.update { $0 = false }
    store.write([settled.write("three", Self.submit(1)), settled.write("four", Self.submit(1))])
    #expect(settled.names.withLock { Array($0.suffix(2)) } == ["three", "four"])
    #expect(try store.perform(CountJobs())["ready"] == 2)
    try test.checkTables()
  }
}
