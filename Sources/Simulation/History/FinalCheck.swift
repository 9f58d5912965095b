import DataModel
import Storage

/// What must hold when a world has come to rest: the store's rows say what the history says, and nothing is missing.
struct FinalCheck {
  let world: World
  private var history: History { world.history }

  func run() {
    guard history.violations.isEmpty else { return }
    do throws(StoreError) {
      for (rule, sql) in TableRules.all where try world.serve.read(SQLNumber(sql)) != 0 {
        history.fail("the tables disagree: \(rule)")
      }
      let made = try world.serve.read(SQLNumber("select count(*) from job_spec"))
      if made != Int64(world.plan.scripts.count) {
        history.fail("\(world.plan.scripts.count) jobs were submitted, and the store has \(made)")
      }
      for (id, job) in history.checker.jobs.sorted(by: { $0.key < $1.key }) { try check(id, job) }
    } catch {
      history.fail("the store cannot be read: \(error)")
    }
  }

  private func check(_ id: JobID, _ job: HistoryChecker.Job) throws(StoreError) {
    guard let row = try world.serve.read(GetJob(job: id)) else { return history.fail("job \(id) is gone") }
    if row.status.name != job.status {
      history.fail("job \(id) is \(row.status.name) in its row and \(job.status) by its events")
    }
    if row.attempt != job.starts {
      history.fail("job \(id) counts \(row.attempt) starts, and has \(job.starts)")
    }
    if case .ended(let end) = row.status, let fence = job.finishedBy {
      let run = JobRun(job: id, fence: fence)
      let code = job.runs[fence]?.returned?.code ?? 0
      if end.code != code { history.fail("job \(id) has the code \(end.code), its run returned \(code)") }
      let expected = code >= 0 ? SimulatedRecord.result(of: run) : nil
      if end.result != expected {
        history.fail("job \(id) has the result of another run: \(end.result ?? "none")")
      }
    }
    if job.status == "lost" { checkLost(id, job) }
    for (fence, run) in job.runs { checkRun(JobRun(job: id, fence: fence), run, job) }
    for line in try world.serve.read(ListLogLines(job: id)) where !line.text.hasPrefix("\(id)/") {
      history.fail("job \(id) has a line of another: \(line.text)")
    }
    for (fence, run) in job.runs.sorted(by: { $0.key < $1.key }) {
      try checkRecord(JobRun(job: id, fence: fence), run)
    }
  }

  /// Lost is an answer only where nobody can know better.
  private func checkLost(_ id: JobID, _ job: HistoryChecker.Job) {
    if job.script.rule != .never { history.fail("job \(id) may be repeated, and is lost") }
    let last = job.runs.max { $0.key < $1.key }?.value
    if let last, !history.checker.killed.contains(last.worker) {
      history.fail("job \(id) is lost, and its worker \(last.worker) was never killed")
    }
  }

  /// A run that returned and whose worker could tell it has given the outcome.
  private func checkRun(_ run: JobRun, _ facts: HistoryChecker.Run, _ job: HistoryChecker.Job) {
    guard let returned = facts.returned, returned.stopBits & StopBits.fenced == 0, !facts.isZombie else {
      return
    }
    guard facts.isKept || !history.checker.killed.contains(facts.worker) else { return }
    if job.finishedBy != run.fence {
      history.fail(
        "job \(run.job)/\(run.fence) returned \(returned.code)"
          + (facts.isKept ? " and its outcome was kept" : " in a worker that was never killed")
          + ", but the job is \(job.status) by \(job.finishedBy.map { "fence \($0)" } ?? "nobody")")
    }
  }

  /// One record a run, changed once by each of its writes and never after.
  private func checkRecord(_ run: JobRun, _ facts: HistoryChecker.Run) throws(StoreError) {
    let version = try world.serve.read(
      SQLNumber(
        "select coalesce(max(version), 0) from record_server where hostname = '\(SimulatedRecord.name(run))'")
    )
    if version != facts.records {
      history.fail(
        "job \(run.job)/\(run.fence) wrote \(facts.records) times, and its record is at version \(version)")
    }
  }
}
