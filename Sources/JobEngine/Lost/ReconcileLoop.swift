import DataModel
import PluginHost
import Storage
import Synchronization
import Threading

/// Asks the reconcile entries of this worker's plug-ins what came of lost jobs: soon after a job became lost, and
/// again as often as the store finds it due. Each question runs on a thread of its own, beside the slots of jobs: a
/// worker that is full of jobs still finds out about lost ones.
final class ReconcileLoop: Sendable {
  /// Questions at once.
  private static let atOnce = 4
  /// Entries that never came back; with so many this worker asks nothing more.
  private static let mostAbandoned = 8
  private static let pollMilliseconds: Int64 = 2000

  private struct State {
    var asking: [Int64: Question] = [:]
    var abandoned = 0
  }

  private let session: StoreSession
  private let generations: GenerationTable
  private let timer: DeadlineTimer
  private let bell: Bell
  private let isDraining: @Sendable () -> Bool
  private let state = Mutex(State())

  init(
    session: StoreSession, generations: GenerationTable, timer: DeadlineTimer, bell: Bell,
    isDraining: @escaping @Sendable () -> Bool
  ) {
    self.session = session
    self.generations = generations
    self.timer = timer
    self.bell = bell
    self.isDraining = isDraining
  }

  /// The loop's thread: until the session is over.
  func run() {
    while !session.isOver {
      if isDraining() { stopAll() }
      bell.wait(milliseconds: claimOnce())
    }
  }

  /// One question to the store; how long to wait until the next.
  private func claimOnce() -> Int64 {
    let kinds = generations.reconcileKinds
    let (asking, room) = state.withLock { state in
      let room = state.abandoned < Self.mostAbandoned ? Self.atOnce - state.asking.count : 0
      return (Array(state.asking.keys), isDraining() ? 0 : max(0, room))
    }
    if room == 0 || kinds.isEmpty { return Self.pollMilliseconds }
    do {
      let claims = try session.perform(
        { ClaimReconciles(node: $0, kinds: kinds, asking: asking, limit: room) }, repeated: false,
        giveUp: isDraining)
      for lease in claims.leases { begin(lease) }
      if claims.leases.count == room { return Self.pollMilliseconds }
      return min(Self.pollMilliseconds, max(1, claims.nextDueInMilliseconds ?? Self.pollMilliseconds))
    } catch {
      // What was claimed and not heard of is free again with the next claim, which does not name it.
      if error.code != .closed && error.code != .inDoubt {
        EngineLog.error("cannot ask for lost jobs: \(error)")
      }
      return error.code == .inDoubt ? 100 : Self.pollMilliseconds
    }
  }

  private func begin(_ lease: ReconcileLease) {
    guard let entry = generations.reconcile(lease.kind) else { return finish(lease, nil, []) }
    let question = Question(lease, entry, session: session)
    state.withLock { $0.asking[lease.ask] = question }
    timer.schedule(
      afterMilliseconds: entry.definition.deadlineMilliseconds, owner: ObjectIdentifier(question)
    ) {
      [weak self, weak question] in
      guard let self, let question else { return }
      question.run.raise(StopBits.deadline)
      waitGrace(question)
    }
    OSThread("bh-reconcile") { [self] in
      let end = question.run.execute()
      timer.cancel(owner: ObjectIdentifier(question))
      guard question.takeEnd() else {
        EngineLog.info("\(question.name) came back after it had been given up")
        return state.withLock { $0.abandoned -= 1 }
      }
      tell(question, question.answer(end))
    }
  }

  private func waitGrace(_ question: Question) {
    let grace = question.entry.definition.graceMilliseconds + question.entry.definition.cleanupMilliseconds
    timer.schedule(afterMilliseconds: max(grace, 100), owner: ObjectIdentifier(question)) {
      [weak self, weak question] in
      guard let self, let question, question.takeEnd() else { return }
      state.withLock { $0.abandoned += 1 }
      EngineLog.error("\(question.name) did not end within its deadline and its grace time; it is given up")
      // Telling the store may wait, and this thread is everybody's timer.
      OSThread("bh-reconcile") { [self] in
        tell(question, .unknown("it did not end within its deadline and its grace time"))
      }
    }
  }

  /// It counts as being asked until the store has its answer: a claim that did not name it would free the question, and
  /// the answer would come to nothing.
  private func tell(_ question: Question, _ answer: ReconcileAnswer?) {
    finish(question.lease, answer, question.context.said)
    state.withLock { $0.asking[question.lease.ask] = nil }
    bell.ring()
  }

  /// A worker that drains waits for no answer: another one asks again.
  private func stopAll() {
    for question in state.withLock({ Array($0.asking.values) }) { question.interrupt() }
  }

  private func finish(_ lease: ReconcileLease, _ answer: ReconcileAnswer?, _ lines: [LogLine]) {
    do {
      let isTaken = try session.perform(
        { _ in FinishReconcile(ask: lease.ask, job: lease.run.job, answer: answer, logs: lines) },
        repeated: true, giveUp: isDraining)
      if !isTaken {
        EngineLog.info("job \(lease.run.job): what was found out comes too late, it is not lost any more")
      }
    } catch {
      if error.code != .closed {
        EngineLog.error("job \(lease.run.job): cannot say what was found out: \(error)")
      }
    }
  }
}

/// One question about one lost job.
private final class Question: Sendable {
  let lease: ReconcileLease
  let entry: LoadedReconcile
  let context: ReconcileContext
  let run: PluginRun
  private let isInterrupted = Atomic(false)
  private let isOver = Atomic(false)

  init(_ lease: ReconcileLease, _ entry: LoadedReconcile, session: StoreSession) {
    self.lease = lease
    self.entry = entry
    context = ReconcileContext(lease: lease, session: session)
    run = PluginRun(
      entry: entry.function, context: context, jobID: lease.run.job, fence: lease.run.fence,
      attempt: lease.attempt, paramsJSON: lease.params,
      cleanupMilliseconds: entry.definition.cleanupMilliseconds)
    run.becomeReconcile(
      RunReconcile(
        action: lease.kind.action, reason: lease.reason,
        steps: lease.steps.map {
          RunReconcile.Step(name: $0.name, token: $0.token, result: $0.result)
        }, leftBehind: lease.leftBehind))
    context.setStopped { [weak run] in run?.isStopped ?? true }
  }

  var name: String {
    "the reconcile entry \"\(entry.definition.name)\" of \(lease.kind.plugin), asked for job \(lease.run.job),"
  }

  /// It came back, or is given up: true for whoever says so first.
  func takeEnd() -> Bool { !isOver.exchange(true, ordering: .acquiringAndReleasing) }

  func interrupt() {
    isInterrupted.store(true, ordering: .relaxed)
    run.raise(StopBits.cancel)
  }

  /// Nil: interrupted by us, so it was not asked.
  func answer(_ end: RunEnd) -> ReconcileAnswer? {
    let answer = run.reconcileAnswer(end)
    if case .unknown = answer, isInterrupted.load(ordering: .relaxed) { return nil }
    return answer
  }
}
