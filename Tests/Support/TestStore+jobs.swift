package import DataModel
package import Storage

/// The steps of a job's life, as short as a test wants them.
extension TestStore {
  package static let kind = JobKind(plugin: "test", action: "noop")

  /// A worker that has said hello. Each has a process of its own.
  package func makeNode(pid: Int32 = 4711) throws -> NodeID {
    try store.perform(Hello(node: nil, process: Self.process(pid), inventory: [])).node
  }

  package static func process(_ pid: Int32 = 4711) -> ProcessIdentity {
    ProcessIdentity(pid: pid, startTicks: 99, bootID: "boot-1")
  }

  package static func batchID() -> [UInt8] { (0..<16).map { _ in UInt8.random(in: 0...255) } }

  package func submit(
    _ count: Int = 1, kind: JobKind = kind, repeatRule: RepeatRule = .never
  ) throws -> [JobID] {
    let request = JobRequest(kind: kind, params: #"{"a":1}"#, repeatRule: repeatRule, deadlineMilliseconds: 5)
    return try store.perform(
      SubmitJobs(batchID: Self.batchID(), jobs: Array(repeating: request, count: count)))
  }

  package func claim(_ node: NodeID, limit: Int = 10, kinds: [JobKind] = [kind]) throws -> [Lease] {
    try store.perform(ClaimJobs(node: node, kinds: kinds, limit: limit)).leases
  }

  package func write(_ node: NodeID, _ run: JobRun, _ act: RunWrite.Act) throws -> RunAnswer? {
    try store.perform(WriteRuns(node: node, items: [RunWrite(run, act)])).first
  }

  /// A job that is leased to the node.
  package func leased(_ node: NodeID, _ rule: RepeatRule = .never) throws -> JobRun {
    let job = try submit(repeatRule: rule)[0]
    guard let lease = try claim(node, limit: 1).first, lease.run.job == job else {
      throw StoreError(.notFound, "the job was not claimed")
    }
    return lease.run
  }

  /// A job that the node runs.
  package func running(_ node: NodeID, _ rule: RepeatRule = .never) throws -> JobRun {
    let run = try leased(node, rule)
    guard try write(node, run, .start) == .done else { throw StoreError(.fenced, "the job did not start") }
    return run
  }

  /// A job in that state, held by the node where a worker holds it.
  package func job(in state: JobState, _ node: NodeID, _ rule: RepeatRule = .never) throws -> JobRun {
    switch state {
    case .ready: return JobRun(job: try submit(repeatRule: rule)[0], fence: 0)
    case .leased: return try leased(node, rule)
    case .running: return try running(node, rule)
    case .cancelling:
      let run = try running(node, rule)
      _ = try store.perform(RequestCancel(job: run.job))
      return run
    case .zombie:
      let run = try job(in: .cancelling, node, rule)
      _ = try write(node, run, .endGrace)
      return run
    case .lost:
      let other = try makeNode(pid: 9999)
      let run = try running(other, .never)
      _ = try store.perform(EndNode(node: other, detail: "killed by signal 9"))
      return run
    }
  }

  package func row(_ job: JobID) throws -> JobRow {
    guard let row = try store.perform(GetJob(job: job)) else { throw StoreError(.notFound, "no job \(job)") }
    return row
  }

  package func state(_ job: JobID) throws -> String { try row(job).status.name }

  package func reasons(_ job: JobID) throws -> [ReasonCode] {
    try store.perform(ListEvents(job: job)).map(\.reason)
  }

  package func end(_ job: JobID) throws -> JobEnd? {
    guard case .ended(let end) = try row(job).status else { return nil }
    return end
  }
}

/// The error that the store answers, nil when it answers none.
package func refusal<Result>(_ body: () throws -> Result) -> StoreError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? StoreError
  }
}
