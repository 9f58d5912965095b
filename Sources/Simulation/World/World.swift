import DataModel
import Storage

/// One simulated world: a store, whoever serves it, workers, clients, and what strikes them. Everything happens in one
/// queue of events, one after the other, on the thread that calls `run`.
// SAFETY: a world and all that belongs to it are used by one thread, which steps it.
final class World: @unchecked Sendable {
  /// Milliseconds since the world began: only forwards.
  private(set) var now: Int64 = 0
  let plan: Plan
  let clock: SimulatedClock
  let history: History
  var random: SeedRandom
  let serve: SimulatedServe
  let supervisor: SimulatedSupervisor
  let mutant: Mutant?
  private(set) var isCalm = false
  private var queue = EventQueue()
  private var clients: [SimulatedClient] = []
  private var isDiskFull = false
  private var plugins: SimulatedPlugins
  private(set) var steps = 0

  /// A calm world has to come to rest in so many milliseconds.
  private static let restLimit: Int64 = 300_000
  /// More events than this is a world that spins.
  private static let maximumSteps = 400_000

  init(seed: UInt64, clock: SimulatedClock, store: SQLStore, mutant: Mutant?, keepsTrace: Bool) {
    random = SeedRandom(seed: seed)
    plan = Plan(&random)
    self.clock = clock
    self.mutant = mutant
    history = History(plan: plan, keepsTrace: keepsTrace)
    serve = SimulatedServe(store: store, mutant: mutant)
    supervisor = SimulatedSupervisor(mutant: mutant)
    plugins = SimulatedPlugins()
  }

  /// Puts an event into the queue.
  func after(_ milliseconds: Int64, _ action: @escaping () -> Void) {
    queue.add(at: now + max(milliseconds, 0), action)
  }

  func record(_ entry: HistoryEntry) { history.record(entry, at: now) }

  /// Whether a fault of that rate strikes now.
  func strikes(_ permille: Int) -> Bool { !isCalm && random.chance(permille) }

  /// How long something is on its way.
  func delay() -> Int64 { random.time(0, isCalm ? 2 : plan.slowest) }

  /// How long a thread takes to go on: mostly not at all, now and then as long as a busy machine lets it wait.
  func threadDelay() -> Int64 { strikes(plan.slowThreads) ? random.time(1, 400) : random.time(0, 1) }

  func takesOutbox() -> Bool { !isDiskFull }

  /// Runs to the end and judges.
  func run() {
    begin()
    step(until: plan.calmAt) { false }
    calm()
    step(until: now + Self.restLimit) { [self] in isAtRest }
    if !isAtRest, history.violations.isEmpty { history.fail("forgotten: " + unrest) }
    supervisor.drainAll()
    step(until: now + Self.restLimit) { [self] in supervisor.isEmpty }
    if !supervisor.isEmpty, history.violations.isEmpty {
      history.fail("a worker that was told to drain does not end: " + supervisor.description)
    }
    FinalCheck(world: self).run()
  }

  private func begin() {
    serve.world = self
    supervisor.world = self
    plugins.world = self
    serve.start()
    plugins.putAll()
    supervisor.start()
    for index in 0..<plan.batches.count {
      let client = SimulatedClient(batch: index, world: self)
      clients.append(client)
      after(random.time(0, plan.calmAt / 2)) { client.submit() }
    }
    for (at, blow) in plan.blows { after(at) { [self] in strike(blow) } }
  }

  private func step(until limit: Int64, _ isEnough: () -> Bool) {
    while steps < Self.maximumSteps, history.violations.isEmpty, !isEnough() {
      guard let event = queue.next() else { break }
      if event.time > limit {
        queue.add(at: event.time, event.action)
        break
      }
      steps += 1
      if event.time > now {
        clock.pass(event.time - now)
        now = event.time
      }
      event.action()
    }
    if steps >= Self.maximumSteps { history.fail("the world spins: \(steps) events") }
    if now < limit, !isEnough(), steps < Self.maximumSteps, history.violations.isEmpty {
      now = max(now, limit)
    }
  }

  private func calm() {
    isCalm = true
    isDiskFull = false
    record(.calm)
    plugins.putAll()
    supervisor.resumeAll()
    serve.pause(until: now)
    if !serve.isUp { after(1) { [self] in startServe() } }
  }

  private var isAtRest: Bool {
    history.checker.restless == 0 && clients.allSatisfy(\.isDone) && supervisor.isQuiet
  }

  private var unrest: String {
    let jobs = history.checker.jobs.filter { !$0.value.isEnded && $0.value.status != "lost" }
    let names = jobs.sorted { $0.key < $1.key }.map { "job \($0.key) is \($0.value.status)" }
    return names.joined(separator: ", ") + " at \(now) ms; clients done: \(clients.map(\.isDone)); workers: "
      + supervisor.description
  }

  /// Lets go of all that refers back to the world.
  func dismantle() {
    queue = EventQueue()
    clients = []
    supervisor.dismantle()
  }

  // MARK: blows

  private func strike(_ blow: Blow) {
    if isCalm { return }
    record(.blow("\(blow)"))
    switch blow {
    case .killWorker: supervisor.anyWorker()?.kill()
    case .pauseWorker(let time):
      guard let worker = supervisor.anyWorker() else { return }
      worker.pause(time)
      after(time / 2) { [self] in supervisor.guessEnded(worker) }
    case .killServe(let time): killServe(time)
    case .pauseServe(let time): serve.pause(until: now + time)
    case .killBoth(let time, let gap):
      killServe(time)
      after(gap) { [self] in supervisor.anyWorker()?.kill() }
    case .cutConnection: serve.cutAny()
    case .drainWorker: supervisor.drainAny()
    case .setClock(let jump): clock.pass(jump)
    case .removePlugin(let time):
      let index = random.below(Plan.kinds.count)
      plugins.remove(index)
      after(time) { [self] in plugins.put(index) }
    case .replacePlugin: plugins.replace(random.below(Plan.kinds.count))
    case .cancelNodeJobs: supervisor.cancelAll()
    case .fillDisk(let time):
      isDiskFull = true
      after(time) { [self] in isDiskFull = false }
    }
  }

  private func killServe(_ time: Int64) {
    if !serve.isUp { return }
    record(.serve(isUp: false))
    serve.kill()
    supervisor.serveEnded()
    after(time) { [self] in startServe() }
  }

  private func startServe() {
    if serve.isUp { return }
    record(.serve(isUp: true))
    serve.start()
    supervisor.start()
    plugins.serveStarted()
  }
}
