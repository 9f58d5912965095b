import DataModel
import Synchronization
import Threading

/// What a server does with the frames of its connections: reads go to the reading thread, writes to the one writer,
/// all that may block elsewhere. Called on the socket thread, which never waits.
final class ServerRequests: Sendable {
  private let store: SQLStore
  let handlers: ServerHandlers
  private let queue: WriteQueue
  private let reading = TaskThread()
  private let aside = TaskThread()
  /// The connection that each node speaks on.
  private let nodes = Mutex<[NodeID: ServerConnection]>([:])

  init(_ store: SQLStore, _ handlers: ServerHandlers) {
    self.store = store
    self.handlers = handlers
    queue = WriteQueue(store)
  }

  func start() {
    queue.start()
    reading.start("bh-reader")
    aside.start("bh-aside")
  }

  /// Settles what was taken and ends the threads.
  func close() {
    aside.close()
    queue.close()
    reading.close()
  }

  /// Does one frame. `others` are the connections that a hello may replace.
  func take(_ frame: Frame, from connection: ServerConnection, others: () -> [ServerConnection]) {
    do throws(StoreError) {
      switch frame.code {
      case Frame.Code.observe: try observe(frame, connection)
      case Frame.Code.endObservation:
        var reader = WireReader(frame.payload)
        connection.endObservation(try reader.number())
      default: try perform(frame, connection, others)
      }
    } catch {
      connection.send(Frame.error(id: frame.id, error))
    }
  }

  /// How long a node has said nothing while nothing of it is being done; nil when it has no connection.
  func silence(of node: NodeID) -> Milliseconds? {
    guard let connection = nodes.withLock({ $0[node] }) else { return nil }
    if connection.hasPending { return 0 }
    return (MonotonicClock.nanoseconds - connection.heardAt.load(ordering: .relaxed)) / 1_000_000
  }

  func ended(_ connection: ServerConnection) {
    nodes.withLock { nodes in
      for (node, own) in nodes where own === connection { nodes[node] = nil }
    }
    guard let onEnd = handlers.onEnd else { return }
    let (id, node, process) = (connection.id, connection.node, connection.process)
    aside.add { onEnd(id, node, process) }
  }

  private func perform(
    _ frame: Frame, _ connection: ServerConnection, _ others: () -> [ServerConnection]
  ) throws(StoreError) {
    guard let served = handlers.extra[frame.code] ?? ServedVerb.all[frame.code] else {
      throw StoreError(
        .badFrame, "the engine does not know request \(frame.code)",
        cure: "use the same version of bulkhead on both sides")
    }
    let (id, size) = (frame.id, frame.payload.count)
    if connection.admission == .workersVerbs { try WorkersVerbs.check(frame.code) }
    switch try served.prepare(frame.payload) {
    case .read(let work):
      connection.began(bytes: size)
      reading.add { [store] in
        Self.answer(connection, id, size) { () throws(StoreError) in try work(id, store) }
      }
    case .aside(let work):
      connection.began(bytes: size)
      aside.add { Self.answer(connection, id, size) { () throws(StoreError) in try work(id) } }
    case .alone(let work):
      connection.began(bytes: size)
      OSThread("bh-long") { [aside] in
        do throws(StoreError) {
          let last = try work()
          aside.add { Self.answer(connection, id, size) { () throws(StoreError) in try last(id) } }
        } catch {
          Self.send(.failure(error), to: connection, id, size)
        }
      }
    case .write(let verb, let work):
      if connection.admission == .workersVerbs { try WorkersVerbs.check(verb, connection) }
      connection.began(bytes: size)
      write(verb, connection, (id, size), work, others)
    }
  }

  private func write(
    _ verb: any StoreVerb, _ connection: ServerConnection, _ request: (id: UInt32, size: Int),
    _ work: @escaping @Sendable (UInt32, SQLTransaction) throws(StoreError) -> [UInt8],
    _ others: () -> [ServerConnection]
  ) {
    let (id, size) = request
    let hello = verb as? Hello
    let isRestricted = connection.admission == .workersVerbs
    if let hello, let node = hello.node {
      // The node speaks here now: what its old connection still wants is dropped or, begun, settled before this. A
      // worker of another user is that node only when the store says so.
      for other in others() where other.node == node && (!isRestricted || other.process == hello.process) {
        other.giveWay()
      }
      if !isRestricted { connection.setNode(node, hello.process) }
    }
    let write = QueuedWrite(
      cost: verb.cost, isDropped: { connection.isOver },
      run: { transaction throws(StoreError) in
        transaction.asker = connection.user
        transaction.speaker = isRestricted ? .worker(connection.node) : .anybody
        return try work(id, transaction)
      },
      settle: { [self] result in
        if let hello, case .success(let bytes) = result { greeted(hello, connection, bytes) }
        Self.send(result, to: connection, id, size)
      })
    guard let check = check(before: verb, isRestricted) else { return enqueue(write, yields: verb.yields) }
    aside.add { [self] in
      do throws(StoreError) {
        if !connection.isOver { try check() }
        enqueue(write, yields: verb.yields)
      } catch {
        Self.send(.failure(error), to: connection, id, size)
      }
    }
  }

  /// What may block and has to go well before the verb is queued.
  private func check(
    before verb: any StoreVerb, _ isRestricted: Bool
  ) -> (@Sendable () throws(StoreError) -> Void)? {
    if let submit = verb as? SubmitJobs, let gate = handlers.gate {
      return { () throws(StoreError) in try gate(submit) }
    }
    if isRestricted, let hello = verb as? Hello, let vouch = handlers.vouch {
      return { () throws(StoreError) in try vouch(hello) }
    }
    return nil
  }

  private func enqueue(_ write: QueuedWrite, yields: Bool) {
    if !queue.add(write, yields: yields) {
      write.settle(.failure(StoreError(.closed, "the engine is ending", cure: "ask the next one")))
    }
  }

  private func greeted(_ hello: Hello, _ connection: ServerConnection, _ bytes: [UInt8]) {
    var reader = WireReader(bytes, Frame.headBytes..<bytes.count)
    guard let node = try? reader.value(NodeID.self) else { return }
    connection.setNode(node, hello.process)
    if !connection.isOver { nodes.withLock { $0[node] = connection } }
    guard let onHello = handlers.onHello else { return }
    let id = connection.id
    aside.add { onHello(id, node, hello.process) }
  }

  private func observe(_ frame: Frame, _ connection: ServerConnection) throws(StoreError) {
    var reader = WireReader(frame.payload)
    let number = try reader.number(UInt32.self)
    let interest = try reader.value(StoreInterest.self)
    try reader.finish()
    if connection.admission == .workersVerbs { try WorkersVerbs.check(interest, connection) }
    let observation = try store.observe(interest) { [weak connection] signal in
      connection?.sendSignal(number, signal)
    }
    connection.keep(observation, as: number)
    connection.send(try Frame.bytes(id: frame.id, code: frame.code) { _ in })
  }

  private static func answer(
    _ connection: ServerConnection, _ id: UInt32, _ size: Int, _ work: () throws(StoreError) -> [UInt8]
  ) {
    var result: Result<[UInt8], StoreError>
    do throws(StoreError) {
      result = .success(connection.isOver ? [] : try work())
    } catch {
      result = .failure(error)
    }
    send(result, to: connection, id, size)
  }

  private static func send(
    _ result: Result<[UInt8], StoreError>, to connection: ServerConnection, _ id: UInt32, _ size: Int
  ) {
    connection.settled(bytes: size)
    switch result {
    case .success(let bytes): connection.send(bytes)
    case .failure(let error): connection.send(Frame.error(id: id, error))
    }
  }
}
