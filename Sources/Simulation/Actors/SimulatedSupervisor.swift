import DataModel
import JobEngine
import Storage

/// What `serve` does about workers: keeps some running, and tells the store of those that have ended, after what their
/// outboxes hold. The order of these steps is the product's; only its threads are not here.
final class SimulatedSupervisor {
  // Set once, right after both exist: they refer to each other.
  // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
  unowned var world: World!
  private let mutant: Mutant?
  private var workers: [SimulatedWorker] = []
  private var lastNumber = 0
  private var isEnding = false
  /// Rises when serve ends: what an earlier one had begun is not gone on with.
  private var turn = 0

  init(mutant: Mutant?) { self.mutant = mutant }

  private var living: [SimulatedWorker] { workers.filter { $0.life != .dead } }
  var isEmpty: Bool { living.isEmpty && unfinished == 0 }
  /// Nodes of dead processes that the store does not know of yet.
  private var unfinished = 0
  var isQuiet: Bool { unfinished == 0 }

  var description: String {
    workers.filter { $0.life != .dead }.map { "\($0.number) \($0.life) holds \($0.core.count)" }.description
  }

  func anyWorker() -> SimulatedWorker? {
    let living = living
    return living.isEmpty ? nil : world.random.pick(living)
  }

  func resumeAll() { living.forEach { $0.resume() } }

  /// A new serve: ends the nodes whose process has, adopts the others, starts what is missing.
  func start() {
    retrying { [self] () throws(StoreError) in
      for node in try world.serve.read(ListNodes()) where !isAlive(node.process) {
        try end(node)
      }
    }
    ensure()
  }

  func serveEnded() { turn += 1 }

  /// A process has ended, seen by its pid.
  func ended(_ worker: SimulatedWorker) {
    unfinished += 1
    guard world.serve.isUp else {
      unfinished -= 1
      return
    }
    let turn = turn
    let pause = max(0, world.serve.pausedUntil - world.now)
    world.after(pause + world.delay()) { [self] in
      unfinished -= 1
      if turn == self.turn { conclude(worker.process) }
      ensure()
    }
  }

  /// A hello was done: its process may have ended meanwhile, unknown to this serve.
  func greeted(_ number: ProcessNumber) {
    guard let worker = workers.first(where: { $0.number == number }) else { return }
    if worker.life == .dead { world.after(world.delay()) { [self] in conclude(worker.process) } }
    if worker.isDrainOrdered { order(worker) }
  }

  private func conclude(_ process: ProcessIdentity) {
    retrying { [self] () throws(StoreError) in
      for node in try world.serve.read(ListNodes()) where node.process == process { try end(node) }
    }
  }

  private func end(_ node: NodeRow) throws(StoreError) {
    guard let worker = workers.first(where: { $0.process == node.process }) else { return }
    if world.strikes(world.plan.refusals) { throw StoreError(.database, "the disk is full") }
    if mutant != .outboxReadTooLate { try settle(worker, node.id) }
    if world.strikes(world.plan.refusals) { throw StoreError(.database, "the disk is full") }
    _ = try world.serve.perform(
      EndNode(node: node.id, detail: "killed by signal 9"), by: worker.number)
    if mutant == .outboxReadTooLate { try settle(worker, node.id) }
  }

  private func settle(_ worker: SimulatedWorker, _ node: NodeID) throws(StoreError) {
    try worker.outbox.settle(node, in: ServedStore(world.serve))
  }

  /// Tried until the store takes it, as long as this serve lives.
  private func retrying(_ body: @escaping () throws(StoreError) -> Void) {
    guard world.serve.isUp else { return }
    do throws(StoreError) {
      try body()
    } catch {
      let turn = turn
      unfinished += 1
      world.after(1000) { [self] in
        unfinished -= 1
        if turn == self.turn { retrying(body) }
      }
    }
  }

  /// Starts workers until there are as many as wanted that claim.
  private func ensure() {
    guard !isEnding, world.serve.isUp else { return }
    let missing = world.plan.workers - living.filter { !$0.isDrainOrdered }.count
    for _ in 0..<max(missing, 0) {
      lastNumber += 1
      let worker = SimulatedWorker(number: lastNumber, world: world)
      workers.append(worker)
      worker.start()
    }
  }

  private func isAlive(_ process: ProcessIdentity) -> Bool {
    workers.contains { $0.process == process && $0.life != .dead }
  }

  // MARK: orders

  func drainAny() {
    guard let worker = anyWorker(), world.serve.isUp else { return }
    drain(worker)
    ensure()
  }

  func drainAll() {
    isEnding = true
    for worker in living { drain(worker) }
  }

  private func drain(_ worker: SimulatedWorker) {
    worker.noteDrainOrder()
    world.record(.drainOrdered(worker.number))
    order(worker)
  }

  private func order(_ worker: SimulatedWorker) {
    retrying { [self] () throws(StoreError) in
      for node in try world.serve.read(ListNodes()) where node.process == worker.process {
        _ = try world.serve.perform(OrderNode(node: node.id, order: .drain))
      }
    }
  }

  func cancelAll() {
    guard world.serve.isUp else { return }
    _ = try? world.serve.perform(CancelNodeJobs(node: nil))
  }

  func dismantle() {
    for worker in workers { worker.dismantle() }
    workers = []
  }

  /// The mutant's guess: a process that is silent has surely ended.
  func guessEnded(_ worker: SimulatedWorker) {
    if mutant == .silenceIsDeath { conclude(worker.process) }
  }
}

/// The served store as parts of the product see it: for what `serve` itself does.
// SAFETY: belongs to one world, which one thread steps.
private final class ServedStore: Store, @unchecked Sendable {
  private let serve: SimulatedServe

  init(_ serve: SimulatedServe) { self.serve = serve }

  func perform<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply { try serve.perform(verb) }

  func observe(
    _ interest: StoreInterest, _ handler: @escaping @Sendable (StoreSignal) -> Void
  ) throws(StoreError) -> StoreObservation {
    StoreObservation(cancel: {})
  }
}
