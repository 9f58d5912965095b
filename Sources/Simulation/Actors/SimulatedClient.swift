import DataModel
import Storage

/// A client with one batch of jobs: submits it until it is answered, then asks for cancels and looks at its jobs.
final class SimulatedClient: ConnectionOwner {
  private let batch: Int
  private unowned let world: World
  private var link: SimulatedConnection?
  private var pending = 1
  private var ids: [JobID] = []

  init(batch: Int, world: World) {
    self.batch = batch
    self.world = world
  }

  var isDone: Bool { pending == 0 }

  var processNumber: ProcessNumber? { nil }
  func whenRunning(_ action: @escaping () -> Void) { action() }
  func signalled(_ signal: StoreSignal) {}

  func connectionEnded(_ connection: SimulatedConnection) {
    if link === connection { link = nil }
  }

  /// The same batch id for every try.
  func submit() {
    let first = world.plan.firstScript(of: batch)
    let jobs = (0..<world.plan.batches[batch]).map { index -> JobRequest in
      let script = world.plan.scripts[first + index]
      return JobRequest(
        kind: script.kind, params: "{\"n\":\(first + index)}", repeatRule: script.rule,
        deadlineMilliseconds: script.deadline, cleanupMilliseconds: 1000, graceMilliseconds: script.grace)
    }
    let id = [UInt8(batch)] + [UInt8](repeating: 7, count: 15)
    ask(SubmitJobs(batchID: id, jobs: jobs)) { [self] ids in
      self.ids = ids
      if let first = ids.first { world.record(.accepted(batch: batch, first: first, count: ids.count)) }
      plan()
      pending -= 1
    }
  }

  private func plan() {
    for id in ids {
      while world.random.chance(world.plan.cancels) {
        pending += 1
        world.after(world.random.time(0, 3000)) { [self] in cancel(id) }
        if pending > 40 { break }
      }
      if world.random.chance(200) {
        pending += 1
        world.after(world.random.time(0, 3000)) { [self] in look(id) }
      }
    }
  }

  private func cancel(_ id: JobID) {
    ask(RequestCancel(job: id)) { [self] _ in pending -= 1 }
  }

  private func look(_ id: JobID) {
    ask(GetJob(job: id)) { [self] row in
      if row == nil { world.history.fail("job \(id) was accepted and is not known") }
      pending -= 1
    }
  }

  /// Asks until it is answered.
  private func ask<V: StoreVerb>(_ verb: V, _ done: @escaping (V.Reply) -> Void) {
    if link == nil { link = world.serve.connect(self) }
    guard let link else { return world.after(100) { [self] in ask(verb, done) } }
    link.send(verb) { [self] result in
      switch result {
      case .success(let reply): done(reply)
      case .failure: world.after(world.random.time(1, 100)) { [self] in ask(verb, done) }
      }
    }
  }
}
