package import DataModel
package import Storage

/// Steps, lost jobs, and what people decide about them.
extension JobClient {
  package func steps(_ id: JobID) throws(EngineError) -> [StepRow] { try ask(ListSteps(job: id)) }

  /// Nil when the job is not lost.
  package func lost(_ id: JobID) throws(EngineError) -> LostRow? { try ask(GetLost(job: id)) }

  /// Has the job's reconcile entry asked as soon as a worker can.
  package func reconcile(_ id: JobID) throws(EngineError) {
    let job = try job(id)
    guard ActionCatalogue(try plugins()).hasReconcile(job.kind) || job.status != .live(.lost) else {
      throw EngineError(
        .refused, "no active plug-in has a reconcile entry for \(job.kind)",
        cure: "find out what came of job \(id) and say so: bulkhead jobs resolve \(id) --as …")
    }
    try check(ask(RequestReconcile(job: id)), id)
  }

  /// Decides what came of a lost job. `result` is the JSON text of an object.
  package func resolve(_ id: JobID, _ resolution: Resolution, result: String? = nil) throws(EngineError) {
    try check(ask(ResolveJob(job: id, resolution: resolution, result: result)), id)
  }

  package func audit(before: Int64 = 0, limit: Int) throws(EngineError) -> [AuditRow] {
    try ask(ListAudit(before: before, limit: limit))
  }

  private func check(_ answer: LostJobAnswer, _ id: JobID) throws(EngineError) {
    switch answer {
    case .done: return
    case .notFound: throw noSuchJob(id)
    case .notLost(JobState.zombie.name):
      throw EngineError(
        .refused, "job \(id) is zombie, not lost: its code may still run",
        cure: "end its worker (bulkhead workers list shows its pid); the job is lost or ended then")
    case .notLost(let state):
      throw EngineError(
        .refused, "job \(id) is \(state), not lost: there is nothing to decide",
        cure: "see bulkhead jobs why \(id)")
    case .needsProof:
      throw EngineError(
        .refused,
        "job \(id) cannot be run again: nothing proves that its old run has ended, and two runs could meet outside",
        cure: "make sure that its worker's process is gone, and say so with --old-run-ended")
    }
  }
}

extension ActionCatalogue {
  /// Whether an active plug-in can be asked what came of lost jobs of that kind.
  package func hasReconcile(_ kind: JobKind) -> Bool {
    entries.contains { $0.kind == kind && $0.isActive && $0.reconcile != nil }
  }
}
