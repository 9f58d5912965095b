import DataModel
import Storage

/// The process that serves the store: answers over connections, performs verbs in the order in which they arrive, and
/// tells the history of every commit. The store outlives it.
// SAFETY: belongs to one world, which one thread steps.
final class SimulatedServe: @unchecked Sendable {
  // Set once, right after both exist: they refer to each other.
  // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
  unowned var world: World!
  private(set) var isUp = false
  /// It is stopped until then.
  private(set) var pausedUntil: Int64 = 0
  private let store: MutantStore
  private var connections: [SimulatedConnection] = []
  private var lastNumber = 0

  init(store: SQLStore, mutant: Mutant?) {
    self.store = MutantStore(store: store, mutant: mutant)
  }

  func start() {
    isUp = true
    pausedUntil = 0
  }

  /// Every connection ends; what was asked and not done is never done.
  func kill() {
    isUp = false
    for connection in connections { connection.end() }
    connections = []
  }

  func pause(until time: Int64) { pausedUntil = time }

  /// A new connection, nil when nobody serves.
  func connect(_ owner: any ConnectionOwner) -> SimulatedConnection? {
    guard isUp else { return nil }
    lastNumber += 1
    let connection = SimulatedConnection(number: lastNumber, owner: owner, world: world)
    connections.append(connection)
    return connection
  }

  func forget(_ connection: SimulatedConnection) { connections.removeAll { $0 === connection } }

  /// A fault of the link: some connection ends.
  func cutAny() {
    if !connections.isEmpty { world.random.pick(connections).end() }
  }

  /// A hello of that node is here: what its older connections still want is dropped.
  func giveWay(_ node: NodeID, to new: SimulatedConnection) {
    for connection in connections where connection !== new && connection.node == node { connection.end() }
  }

  /// Performs a verb in a commit of its own and tells the history what it changed.
  func perform<V: StoreVerb>(_ verb: V, by process: ProcessNumber? = nil) throws(StoreError) -> V.Reply {
    let before = Commit(verb, history: world.history)
    let reply = try store.perform(verb)
    try Commit.record(verb, reply, touched: before.jobs, process: process, world: world, store: store)
    deliverSignals()
    return reply
  }

  /// Reads without a word in the history.
  func read<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply { try store.perform(verb) }

  // MARK: wake-ups

  private var raised: [(connection: SimulatedConnection, signal: StoreSignal)] = []

  func observe(_ interest: StoreInterest, for connection: SimulatedConnection) throws(StoreError) {
    connection.observation = try store.observe(interest) { [self] signal in
      raised.append((connection, signal))
    }
  }

  /// The store calls its observers in no order; here they have one, so that a seed gives the same history.
  private func deliverSignals() {
    if raised.isEmpty { return }
    let all = raised.sorted {
      ($0.connection.number, "\($0.signal)") < ($1.connection.number, "\($1.signal)")
    }
    raised = []
    for (connection, signal) in all where !world.strikes(world.plan.lostSignals) {
      world.after(world.delay()) { connection.deliver(signal) }
    }
  }
}

/// Whoever holds a connection: a process that may be stopped, and dies.
protocol ConnectionOwner: AnyObject {
  var processNumber: ProcessNumber? { get }
  /// Runs it as soon as the process runs; never when it is dead.
  func whenRunning(_ action: @escaping () -> Void)
  func connectionEnded(_ connection: SimulatedConnection)
  func signalled(_ signal: StoreSignal)
}

/// One connection. Requests arrive in the order in which they were sent; answers take their time.
// SAFETY: belongs to one world, which one thread steps.
final class SimulatedConnection: @unchecked Sendable {
  let number: Int
  var node: NodeID?
  var observation: StoreObservation?
  private(set) var isOver = false
  private unowned let world: World
  private let owner: any ConnectionOwner
  private var lastArrival: Int64 = 0
  private var lastCall = 0
  private var waiting: [(call: Int, fail: (StoreError) -> Void)] = []

  init(number: Int, owner: any ConnectionOwner, world: World) {
    self.number = number
    self.owner = owner
    self.world = world
  }

  /// Sends a verb; `done` is called in the owner's time, once.
  func send<V: StoreVerb>(_ verb: V, _ done: @escaping (Result<V.Reply, StoreError>) -> Void) {
    if isOver {
      return owner.whenRunning { done(.failure(StoreError(.closed, "the connection has ended"))) }
    }
    lastCall += 1
    let call = lastCall
    waiting.append((call, { done(.failure($0)) }))
    // Behind a busy socket thread it may be long.
    lastArrival = max(lastArrival, world.now + world.delay() + world.threadDelay())
    world.after(lastArrival - world.now) { [self] in arrive(verb, call, done) }
  }

  private func arrive<V: StoreVerb>(
    _ verb: V, _ call: Int, _ done: @escaping (Result<V.Reply, StoreError>) -> Void
  ) {
    if isOver || !world.serve.isUp { return }
    let pause = world.serve.pausedUntil - world.now
    if pause > 0 {
      lastArrival = max(lastArrival, world.serve.pausedUntil)
      return world.after(pause) { [self] in arrive(verb, call, done) }
    }
    if world.strikes(world.plan.cutsBefore) { return end() }
    if let node = (verb as? Hello)?.node {
      world.serve.giveWay(node, to: self)
      self.node = node
    }
    let result: Result<V.Reply, StoreError>
    if V.access == .write, world.strikes(world.plan.refusals) {
      result = .failure(StoreError(.database, "the disk is full"))
    } else {
      result = Result { () throws(StoreError) in try world.serve.perform(verb, by: owner.processNumber) }
    }
    if case .success(let reply) = result, let answer = reply as? HelloAnswer {
      node = answer.node
      try? world.serve.observe(.worker(answer.node), for: self)
      if let process = owner.processNumber { world.supervisor.greeted(process) }
    }
    if world.strikes(world.plan.cutsAfter) { return end() }
    world.after(world.delay()) { [self] in
      owner.whenRunning { [self] in
        // An answer that the kernel has is read even if the other end has gone; which is first is chance.
        guard let place = waiting.firstIndex(where: { $0.call == call }) else { return }
        waiting.remove(at: place)
        done(result)
      }
    }
  }

  /// It ends for both sides. Whoever waits for an answer is told so, after the owner's session is.
  func end() {
    if isOver { return }
    isOver = true
    observation?.cancel()
    world.serve.forget(self)
    world.after(world.delay()) { [self] in
      owner.whenRunning { [self] in
        owner.connectionEnded(self)
        let failed = waiting
        waiting = []
        for (_, fail) in failed {
          world.after(world.random.time(0, 3)) { [self] in
            owner.whenRunning { fail(StoreError(.inDoubt, "the connection ended before its answer came")) }
          }
        }
      }
    }
  }

  /// Its process is gone. What it had sent is read before the end of the connection is; what of that waits for the
  /// writer when the end is seen is dropped.
  func ownerDied() {
    let last = world.random.chance(500) ? max(lastArrival - world.now, 0) : 0
    world.after(last + world.threadDelay()) { [self] in end() }
  }

  func deliver(_ signal: StoreSignal) {
    if isOver { return }
    owner.whenRunning { [self] in
      if !isOver { owner.signalled(signal) }
    }
  }
}
