package import DataModel
package import Storage
import Threading

/// What a client can ask of the engine. Blocking; safe from any thread. Gateway and command speak to this, never
/// to the store.
package struct JobClient: Sendable {
  /// How long a submit whose answer was lost is tried again.
  private static let patienceMilliseconds: Int64 = 10_000
  /// Events or log lines of one answer.
  private static let page = 1000

  private let store: any Store
  private let redial: (@Sendable () throws(StoreError) -> any Store)?
  private let randomBytes: @Sendable () -> [UInt8]

  /// `redial` opens a fresh connection when one ended in the middle of a submit. `randomBytes` gives 16 fresh
  /// random bytes at each call.
  package init(
    store: any Store, redial: (@Sendable () throws(StoreError) -> any Store)? = nil,
    randomBytes: @escaping @Sendable () -> [UInt8] = JobClient.random16
  ) {
    self.store = store
    self.redial = redial
    self.randomBytes = randomBytes
  }

  /// Checks the submission against the action's schema and makes `count` equal jobs of it.
  package func submit(_ submission: Submission, count: Int = 1) throws(EngineError) -> [JobID] {
    let request = try prepare(submission)
    let batch = SubmitJobs(batchID: randomBytes(), jobs: Array(repeating: request, count: count))
    do throws(StoreError) {
      return try store.perform(batch)
    } catch  where (error.code == .inDoubt || error.code == .closed) && redial != nil {
      return try submitAgain(batch)
    } catch {
      throw EngineError(error)
    }
  }

  /// The answer was lost: the jobs were made or not. The same batch id gives the same jobs, made now or before.
  private func submitAgain(_ batch: SubmitJobs) throws(EngineError) -> [JobID] {
    let limit = MonotonicClock.nanoseconds + Self.patienceMilliseconds * 1_000_000
    let pause = Bell()
    while true {
      do throws(StoreError) {
        guard let redial else { throw StoreError(.inDoubt, "the connection ended before the answer came") }
        return try redial().perform(batch)
      } catch
        where (error.code == .inDoubt || error.code == .closed || error.code == .noEngine)
        && MonotonicClock.nanoseconds < limit
      {
        pause.wait(milliseconds: 100)
      } catch {
        throw EngineError(
          .noEngine, "the engine went away before it answered: the jobs may have been made or not",
          cure: "start it again and look with `bulkhead jobs list`")
      }
    }
  }

  /// The checked request, as the store takes it.
  package func prepare(_ submission: Submission) throws(EngineError) -> JobRequest {
    let entry = try ActionCatalogue(pluginsForSubmit()).resolve(submission.action)
    return try submission.request(for: entry)
  }

  /// An engine that restarts ends connections in between: nothing was asked for yet, so the next one is asked.
  private func pluginsForSubmit() throws(EngineError) -> PluginList {
    try stored { () throws(StoreError) in
      do throws(StoreError) {
        return try store.perform(ListPlugins())
      } catch {
        guard let redial, error.code == .inDoubt || error.code == .closed else { throw error }
        return try redial().perform(ListPlugins())
      }
    }
  }

  package func job(_ id: JobID) throws(EngineError) -> JobRow {
    if let row = try ask(GetJob(job: id)) { return row }
    throw noSuchJob(id)
  }

  /// As many as were asked for, if there are so many: an answer that would be too long ends early.
  package func jobs(_ query: ListJobs) throws(EngineError) -> [JobRow] {
    var rows: [JobRow] = []
    var page = query
    while rows.count < query.limit {
      page.limit = query.limit - rows.count
      let more = try ask(page)
      guard let last = more.last else { break }
      rows += more
      page.before = last.id
    }
    return rows
  }

  /// All events of a job, however many.
  package func events(_ id: JobID) throws(EngineError) -> [JobEvent] {
    var events: [JobEvent] = []
    while true {
      let page = try self.events(id, after: events.last?.id ?? 0, limit: Self.page)
      if page.isEmpty { return events }
      events += page
    }
  }

  /// A page of events: the last one is the empty one.
  package func events(_ id: JobID, after: Int64, limit: Int) throws(EngineError) -> [JobEvent] {
    try ask(ListEvents(job: id, after: after, limit: min(limit, Self.page)))
  }

  /// A page of log lines: the last one is the empty one.
  package func logLines(_ id: JobID, after: Int64, limit: Int) throws(EngineError) -> [LogLine] {
    try ask(ListLogLines(job: id, after: after, limit: min(limit, Self.page)))
  }

  package func cancel(_ id: JobID) throws(EngineError) -> CancelAnswer {
    let answer = try ask(RequestCancel(job: id))
    if answer == .notFound { throw noSuchJob(id) }
    return answer
  }

  package func plugins() throws(EngineError) -> PluginList { try ask(ListPlugins()) }

  /// Revokes a content, or takes that back.
  package func revoke(_ revocation: Revocation, isRevoked: Bool) throws(EngineError) {
    _ = try ask(RevokePlugin(revocation, isRevoked: isRevoked))
  }

  package func revocations() throws(EngineError) -> [Revocation] { try ask(ListRevocations()) }

  package func nodes() throws(EngineError) -> [NodeRow] { try ask(ListNodes()) }

  /// Why the job stands where it stands, outermost reason first.
  package func why(_ id: JobID) throws(EngineError) -> [WhyLine] {
    let row = try job(id)
    return try Why.explain(row, plugins: plugins(), nodes: nodes(), events: events(id), lost: lost(id))
  }

  /// Calls `onChange` with the job's row now and after each change until it has ended or rests as `lost`;
  /// returns that last row. `onChange` answering false ends the watch early. Works without wake-ups too: it asks
  /// again every second.
  package func watch(_ id: JobID, _ onChange: (JobRow) -> Bool) throws(EngineError) -> JobRow {
    let bell = Bell()
    let observation = try stored { () throws(StoreError) in
      try store.observe(.job(id)) { _ in bell.ring() }
    }
    defer { observation.cancel() }
    while true {
      let row = try job(id)
      if !onChange(row) || row.status.isAtRest { return row }
      bell.wait(milliseconds: 1000)
    }
  }

  func ask<V: StoreVerb>(_ verb: V) throws(EngineError) -> V.Reply {
    try stored { () throws(StoreError) in try store.perform(verb) }
  }

  private func stored<R>(_ body: () throws(StoreError) -> R) throws(EngineError) -> R {
    do { return try body() } catch { throw EngineError(error) }
  }

  /// A job that is not there never was, or was removed by its age.
  func noSuchJob(_ id: JobID) -> EngineError {
    guard let kept = try? store.perform(FindPrunedJob(job: id)) else {
      return EngineError(.notFound, "there is no job \(id)", cure: "see `bulkhead jobs list`")
    }
    let days = kept / 86_400_000
    let age = days > 0 ? " (they are kept for \(days) days)" : ""
    return EngineError(
      .notFound, "job \(id) has ended and was removed with other old jobs\(age)",
      cure: "keep jobs longer with `bulkhead serve --keep-jobs`")
  }

  package static let random16: @Sendable () -> [UInt8] = {
    var generator = SystemRandomNumberGenerator()
    return (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }
}

extension JobStatus {
  /// Ended, or `lost`: nothing more comes by itself.
  package var isAtRest: Bool {
    switch self {
    case .ended: true
    case .live(let state): state == .lost
    }
  }
}
