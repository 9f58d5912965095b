import DataModel
import JobEngine
import Storage

/// One worker process: the product's own logic (`WorkerCore`), with events in place of its threads.
// SAFETY: belongs to one world, which one thread steps.
final class SimulatedWorker: ConnectionOwner, @unchecked Sendable {
  enum Life { case running, paused, dead }

  let number: ProcessNumber
  let process: ProcessIdentity
  let outbox: SimulatedOutbox
  unowned let world: World
  private(set) var life = Life.running
  private(set) var isDrainOrdered = false
  // Set once, right after both exist: they refer to each other.
  // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
  private(set) var core: WorkerCore!
  // Set once, right after both exist: they refer to each other.
  // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
  private(set) var place: SimulatedPlace!
  private var deferred: [() -> Void] = []
  private var node: NodeID?
  private var link: SimulatedConnection?
  private var downSince: Int64 = 0
  private var isDisowned = false

  // The threads: whether each is in the middle of something, and whether its bell was rung meanwhile.
  private var isClaiming = false
  private var isClaimRung = false
  private var claimTurn = 0
  private var isWriting = false
  private var isLoading = false
  private var isLoadRung = false

  init(number: ProcessNumber, world: World) {
    self.number = number
    self.world = world
    process = ProcessIdentity(pid: Int32(1000 + number), startTicks: Int64(number) * 7, bootID: "boot")
    outbox = SimulatedOutbox(process: process, number: number, world: world)
    place = SimulatedPlace(worker: self)
    core = WorkerCore(
      writer: RunWriter(outbox: outbox, log: .none), place: place, timer: SimulatedTimer(worker: self),
      slots: world.plan.slots, log: .none, wake: { [weak self] in self?.ringClaims() },
      onPlugins: { [weak self] in self?.ringLoader() })
  }

  var processNumber: ProcessNumber? { number }

  func start() {
    world.record(.workerStarted(number))
    after(world.delay()) { [self] in dial() }
    after(1) { [self] in claim() }
  }

  // MARK: life

  func whenRunning(_ action: @escaping () -> Void) {
    switch life {
    case .running:
      action()
      if life == .running { pumpWriter() }
    case .paused: deferred.append(action)
    case .dead: break
    }
  }

  /// In this process's time: late when it is stopped, never when it is dead.
  func after(_ milliseconds: Int64, _ action: @escaping () -> Void) {
    world.after(milliseconds) { [self] in whenRunning(action) }
  }

  func pause(_ milliseconds: Int64) {
    guard life == .running else { return }
    life = .paused
    world.after(milliseconds) { [self] in resume() }
  }

  func resume() {
    guard life == .paused else { return }
    life = .running
    let waiting = deferred
    deferred = []
    for action in waiting { world.after(0) { [self] in whenRunning(action) } }
  }

  func kill() { die(isKilled: true) }

  private func die(isKilled: Bool) {
    guard life != .dead else { return }
    life = .dead
    deferred = []
    if isKilled { outbox.tear() }
    world.record(.workerEnded(number, isKilled: isKilled))
    link?.ownerDied()
    link = nil
    world.supervisor.ended(self)
  }

  /// Lets go of what refers back to it.
  func dismantle() {
    life = .dead
    deferred = []
    core = nil
    place = nil
  }

  func noteDrainOrder() { isDrainOrdered = true }

  private func disown() {
    if isDisowned { return }
    isDisowned = true
    after(1) { [self] in
      core.letGo()
      endDisowned(in: 10_000)
    }
  }

  private func endDisowned(in time: Int64) {
    if core.count == 0 || time <= 0 { return die(isKilled: true) }
    after(100) { [self] in endDisowned(in: time - 100) }
  }

  // MARK: the session

  private func dial() {
    if link != nil || isDisowned { return }
    guard let connection = world.serve.connect(self) else {
      if world.now - downSince > world.plan.awayLimit, core.count == 0 { return die(isKilled: false) }
      return after(100) { [self] in dial() }
    }
    let hello = core.beginHello(node: node, process: process)
    connection.send(hello.verb) { [self] result in
      switch result {
      case .success(let answer):
        node = answer.node
        core.finishHello(hello, answer)
        if connection.isOver { return after(100) { [self] in dial() } }
        link = connection
        core.writer.noteLink(isUp: true)
        ringLoader()
        ringClaims()
      case .failure(let error) where error.code == .fenced: disown()
      case .failure:
        connection.end()
        after(100) { [self] in dial() }
      }
    }
  }

  func connectionEnded(_ connection: SimulatedConnection) {
    guard link === connection else { return }
    link = nil
    downSince = world.now
    core.writer.noteLink(isUp: false)
    after(world.random.time(0, 5)) { [self] in dial() }
  }

  func signalled(_ signal: StoreSignal) {
    if signal == .pluginsChanged { ringLoader() }
    ringClaims()
  }

  /// As `StoreSession.perform`: waits for a connection first, asks again where that may be done.
  func request<V: StoreVerb>(
    repeated: Bool, giveUp: @escaping () -> Bool = { false }, _ make: @escaping (NodeID) -> V,
    _ done: @escaping (Result<V.Reply, StoreError>) -> Void
  ) {
    guard let link, let node else {
      return after(world.random.time(1, 100)) { [self] in
        if self.link == nil, giveUp() { return done(.failure(StoreError(.closed, "nobody serves"))) }
        request(repeated: repeated, giveUp: giveUp, make, done)
      }
    }
    link.send(make(node)) { [self] result in
      switch result {
      case .failure(let error) where error.endsConnection:
        // The session may not know yet; until it does this thread would spin on a dead connection.
        after(self.link === link ? world.random.time(1, 100) : 0) { [self] in
          if repeated { return request(repeated: repeated, giveUp: giveUp, make, done) }
          done(.failure(StoreError(.inDoubt, error.message)))
        }
      case .failure(let error) where error.code == .fenced:
        disown()
        done(result)
      default: after(world.threadDelay()) { done(result) }
      }
    }
  }

  // MARK: the claim loop

  private func ringClaims() {
    if isClaiming {
      isClaimRung = true
    } else {
      scheduleClaim(in: world.random.time(0, 1))
    }
  }

  private func scheduleClaim(in milliseconds: Int64) {
    claimTurn += 1
    let turn = claimTurn
    after(milliseconds) { [self] in
      if turn == claimTurn { claim() }
    }
  }

  private func claim() {
    if isClaiming || isDisowned { return }
    isClaiming = true
    let question = core.claims.question()
    request(repeated: false, giveUp: { [self] in core.claims.isDone }, question.verb) { [self] answer in
      let wantsMore = core.claims.settle(question, answer)
      isClaiming = false
      if core.claims.isDone { return die(isKilled: false) }
      let isRung = isClaimRung
      isClaimRung = false
      scheduleClaim(in: wantsMore || isRung ? world.random.time(0, 1) : ClaimStep.pollMilliseconds)
    }
  }

  // MARK: the writer

  /// Looks after each event whether the writer's thread has something to do.
  private func pumpWriter() {
    if isWriting { return }
    switch core.writer.need {
    case .nothing, .end: return
    case .keep: beginWriting(in: world.random.time(0, 2)) { [self] in keep() }
    case .send: beginWriting(in: world.random.time(0, 2)) { [self] in send() }
    case .lazy: beginWriting(in: world.random.time(0, RunWriter.lazyMilliseconds)) { [self] in send() }
    }
  }

  private func beginWriting(in milliseconds: Int64, _ action: @escaping () -> Void) {
    isWriting = true
    after(milliseconds, action)
  }

  private func keep() {
    let isKept = core.writer.need != .keep || core.writer.keep()
    if isKept {
      isWriting = false
    } else {
      after(RunWriter.outboxRetryMilliseconds) { [self] in
        core.writer.retryOutbox()
        isWriting = false
      }
    }
  }

  private func send() {
    let batch = core.writer.take(world.clock.now)
    if batch.isEmpty {
      isWriting = false
      return
    }
    request(
      repeated: false, giveUp: { true }, { WriteRuns(node: $0, items: batch.writes) }
    ) { [self] answer in
      var answer = answer
      if world.mutant == .doubtIsSuccess, case .failure(let error) = answer, error.endsConnection {
        answer = .success(batch.writes.map { _ in .done })
      }
      let pause = core.writer.settle(batch, answer)
      after(pause) { [self] in isWriting = false }
    }
  }

  // MARK: the loader

  private func ringLoader() {
    if isLoading {
      isLoadRung = true
    } else {
      isLoading = true
      after(world.random.time(0, 5)) { [self] in load() }
    }
  }

  private func load() {
    request(repeated: true, { _ in ListPlugins() }) { [self] answer in
      if case .success(let list) = answer { place.refresh(list) }
      isLoading = false
      ringClaims()
      if isLoadRung {
        isLoadRung = false
        ringLoader()
      }
    }
  }
}
