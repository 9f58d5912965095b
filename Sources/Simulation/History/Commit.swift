import DataModel
import Storage

/// What one commit is to the history: which jobs a verb may have changed, and what it told.
struct Commit {
  /// Jobs whose new events are to be read.
  let jobs: [JobID]

  init<V: StoreVerb>(_ verb: V, history: History) {
    switch verb {
    case let verb as WriteRuns: jobs = Self.unique(verb.items.map(\.run.job))
    case let verb as RequestCancel: jobs = [verb.job]
    case is Hello, is EndNode, is CancelNodeJobs: jobs = history.checker.jobs.keys.sorted()
    default: jobs = []
    }
  }

  static func record<V: StoreVerb>(
    _ verb: V, _ reply: V.Reply, touched: [JobID], process: ProcessNumber?, world: World, store: MutantStore
  ) throws(StoreError) {
    // First what is no event row, where the rows say what follows from it.
    switch (verb, reply) {
    case (let verb as RequestCancel, _): world.record(.cancelAsked(verb.job))
    case (is CancelNodeJobs, _): for job in touched { world.record(.cancelAsked(job)) }
    case (let verb as WriteRuns, let answers as [RunAnswer]): notes(verb, answers, world)
    case (let verb as WriteRecord, let answer as RecordAnswer):
      if case .done = answer { world.record(.recordWritten(verb.run, sequence: verb.sequence)) }
    case (is Hello, let answer as HelloAnswer):
      if let process { world.record(.nodeRegistered(answer.node, process)) }
    case (let verb as EndNode, _):
      if let process { world.record(.nodeEnded(verb.node, process)) }
    default: break
    }
    var touched = touched
    if let verb = verb as? SubmitJobs, let ids = reply as? [JobID], let first = ids.first {
      let isNew = world.history.checker.jobs[first] == nil
      world.record(.submitted(batch: Int(verb.batchID.first ?? 0), first: first, count: ids.count))
      if isNew { touched = ids }
    }
    if let answer = reply as? ClaimAnswer {
      touched = answer.leases.map(\.run.job)
      if let process { for lease in answer.leases { world.record(.claimed(lease.run, process)) } }
    }
    try events(of: touched, world, store)
    if let verb = verb as? RequestCancel, let answer = reply as? CancelAnswer {
      world.record(.cancelAnswered(verb.job, answer))
    }
    if let verb = verb as? WriteRuns, let answers = reply as? [RunAnswer] {
      for (item, answer) in zip(verb.items, answers) where answer == .done {
        if case .finish = item.act { world.record(.finishTaken(item.run)) }
      }
    }
  }

  private static func notes(_ verb: WriteRuns, _ answers: [RunAnswer], _ world: World) {
    for (item, answer) in zip(verb.items, answers) where answer == .done {
      switch item.act {
      case .progress, .log: world.record(.noted(item.run))
      default: break
      }
    }
  }

  private static func events(of jobs: [JobID], _ world: World, _ store: MutantStore) throws(StoreError) {
    for job in jobs {
      let known = world.history.checker.jobs[job]?.events ?? 0
      for event in try store.perform(ListEvents(job: job, after: known)) {
        world.record(.event(event, number: event.id))
      }
    }
  }

  private static func unique(_ jobs: [JobID]) -> [JobID] { Set(jobs).sorted() }
}
