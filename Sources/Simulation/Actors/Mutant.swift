import DataModel
import Storage

/// A rule of the engine, broken on purpose: the tests show that the simulator finds each. Only a simulated world can
/// have one; the product knows nothing of them.
package enum Mutant: String, CaseIterable, Sendable {
  /// A claim leaves the fence as it was.
  case claimKeepsFence
  /// A start is not compared with the fence of the row.
  case startIgnoresFence
  /// A write to the data model that is sent again is done again.
  case replayWritesAgain
  /// A running job is marked cancelled as soon as somebody asks.
  case cancelEndsAtOnce
  /// A lost job goes back to the queue, whatever its rule.
  case lostRunsAgain
  /// A submit that is sent again makes its jobs again.
  case batchIDIgnored
  /// A worker that is silent is taken for dead.
  case silenceIsDeath
  /// The outbox of a dead worker is read after its jobs were given up.
  case outboxReadTooLate
  /// A worker takes outcomes in doubt for written.
  case doubtIsSuccess
}

/// The store, or one whose rules a mutant has broken.
struct MutantStore {
  let store: SQLStore
  let mutant: Mutant?

  func observe(
    _ interest: StoreInterest, _ handler: @escaping @Sendable (StoreSignal) -> Void
  ) throws(StoreError) -> StoreObservation {
    try store.observe(interest, handler)
  }

  func perform<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply {
    guard let mutant else { return try store.perform(verb) }
    switch (mutant, verb) {
    case (.claimKeepsFence, is ClaimJobs):
      return try keepFences(try store.perform(verb))
    case (.startIgnoresFence, let verb as WriteRuns):
      return try mutated(verb) { if case .start = $0 { true } else { false } }
    case (.replayWritesAgain, var verb as WriteRecord):
      verb.sequence = try store.perform(
        SQLNumber("select write_seq + 1 from job_live where job = \(verb.run.job)"))
      return try same(try store.perform(verb))
    case (.cancelEndsAtOnce, let verb as RequestCancel):
      let reply = try store.perform(verb)
      if reply == .cancelling { try change(BrokenRules.cancel(verb.job)) }
      return try same(reply == .cancelling ? CancelAnswer.cancelled : reply)
    case (.lostRunsAgain, is EndNode):
      let reply = try store.perform(verb)
      try change(BrokenRules.requeueLost)
      return reply
    case (.batchIDIgnored, var verb as SubmitJobs):
      let number = try store.perform(SQLNumber("select count(*) from submit_batch"))
      verb.batchID =
        Array(verb.batchID.prefix(1)) + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 15)
      return try same(try store.perform(verb))
    default: return try store.perform(verb)
    }
  }

  /// The reply as what the generic caller expects: it is of that type by construction.
  private func same<Reply, Expected>(_ reply: Reply) throws(StoreError) -> Expected {
    guard let reply = reply as? Expected else {
      throw StoreError(.invalid, "a mutant answers another question")
    }
    return reply
  }

  private func keepFences<Reply>(_ reply: Reply) throws(StoreError) -> Reply {
    guard var answer = reply as? ClaimAnswer else { return reply }
    for index in answer.leases.indices {
      try change(BrokenRules.lowerFence(answer.leases[index].run.job))
      answer.leases[index].run.fence -= 1
    }
    return answer as? Reply ?? reply
  }

  /// With the fences that the rows have now, whatever the run's.
  private func mutated<Reply>(
    _ verb: WriteRuns, _ isBroken: (RunWrite.Act) -> Bool
  ) throws(StoreError) -> Reply {
    var verb = verb
    for index in verb.items.indices where isBroken(verb.items[index].act) {
      if let row = try store.perform(GetJob(job: verb.items[index].run.job)), case .live = row.status {
        verb.items[index].run.fence = row.fence
      }
    }
    return try same(try store.perform(verb))
  }

  private func change(_ statements: [String]) throws(StoreError) {
    _ = try store.perform(SQLChange(statements))
  }
}

/// What mutants do to the tables.
private enum BrokenRules {
  static func lowerFence(_ job: JobID) -> [String] {
    [
      "update job_live set fence = fence - 1 where job = \(job)",
      "update job_event set fence = fence - 1 where job = \(job) and number = "
        + "(select events from job_live where job = \(job))",
    ]
  }

  static func cancel(_ job: JobID) -> [String] {
    let cancelled = 100 + Int(Outcome.cancelled.rawValue)
    return [
      "update job_count set jobs = jobs - 1 where status = (select state from job_live where job = \(job))",
      "update job_count set jobs = jobs + 1 where status = \(cancelled)",
      "insert into job_event (job, number, at, from_status, to_status, reason, fence, detail) "
        + "select job, events + 1, 0, state, \(cancelled), 'returned', fence, '' from job_live where job = \(job)",
      "insert into job_done (job, outcome, fence, attempt, cancel_requested, finished_at, code, message, cpu_ns, "
        + "wall_ns, host_calls, reason) select job, \(Outcome.cancelled.rawValue), fence, attempt, 1, 0, -1, '', 0, "
        + "0, 0, 'returned' from job_live where job = \(job)",
      "delete from job_cancel where job = \(job)", "delete from job_active where job = \(job)",
      "delete from job_live where job = \(job)",
    ]
  }

  static let requeueLost = [
    "insert into job_event (job, number, at, from_status, to_status, reason, fence, detail) "
      + "select job, events + 1, 0, 6, 1, 'disowned', fence, '' from job_live where state = 6",
    "insert into job_ready (kind, job) select kind, job from job_live where state = 6",
    "update job_count set jobs = jobs + (select count(*) from job_live where state = 6) where status = 1",
    "update job_count set jobs = jobs - (select count(*) from job_live where state = 6) where status = 6",
    "update job_live set state = 1, node = null, events = events + 1 where state = 6",
  ]
}
