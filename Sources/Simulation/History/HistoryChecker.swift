import DataModel
import Storage

/// Judges a history, entry by entry, by what the engine promises. It knows nothing of how the engine works: its table
/// of arrows is written down a second time, in `Arrows`.
struct HistoryChecker {
  struct Run {
    var worker: ProcessNumber
    var entries = 0
    var returned: (code: Int32, stopBits: UInt32)?
    /// Its outcome was safe: in the worker's outbox.
    var isKept = false
    var isZombie = false
    var records: Int64 = 0
  }

  struct Job {
    var script: JobScript
    var status = ""
    var fence: Fence = 0
    var events: Int64 = 0
    var starts = 0
    var isCancelRequested = false
    var isCancelAsked = false
    /// The fence of the run whose code is between its entry and its return, in a living process.
    var live: Fence?
    var runs: [Fence: Run] = [:]
    /// The run whose finish gave the outcome.
    var finishedBy: Fence?
    var isEnded: Bool { Outcome(name: status) != nil }
    var isAtRest: Bool { isEnded || status == "lost" }
  }

  private let plan: Plan
  private(set) var jobs: [JobID: Job] = [:]
  private var batches: [Int: (first: JobID, count: Int)] = [:]
  private(set) var living: Set<ProcessNumber> = []
  private(set) var killed: Set<ProcessNumber> = []
  private(set) var violations: [String] = []
  /// Jobs that have neither ended nor are lost.
  private(set) var restless = 0

  init(_ plan: Plan) { self.plan = plan }

  mutating func fail(_ text: String) { violations.append(text) }

  mutating func take(_ entry: HistoryEntry) {
    switch entry {
    case .submitted(let batch, let first, let count): submitted(batch, first, count)
    case .accepted(let batch, let first, let count):
      if batches[batch].map({ $0.first == first && $0.count == count }) != true {
        fail("the client of batch \(batch) was told of jobs that its submit did not make")
      }
    case .cancelAsked(let job): jobs[job]?.isCancelAsked = true
    case .cancelAnswered(let job, let answer): cancelAnswered(job, answer)
    case .event(let event, let number): take(event, number)
    case .claimed(let run, let worker): jobs[run.job]?.runs[run.fence] = Run(worker: worker)
    case .entered(let run, let worker): entered(run, worker)
    case .passedOver(let run, _):
      if jobs[run.job]?.live != nil { fail("job \(run.job) is passed over while it runs") }
    case .returned(let run, let worker, let code, let bits): returned(run, worker, code, bits)
    case .kept(let run, _): jobs[run.job]?.runs[run.fence]?.isKept = true
    case .finishTaken(let run): finishTaken(run)
    case .recordWritten(let run, let sequence):
      mayWrite(run, "a record")
      jobs[run.job]?.runs[run.fence]?.records = sequence
    case .noted(let run): mayWrite(run, "progress or lines")
    case .nodeEnded(let node, let worker):
      if living.contains(worker) { fail("node \(node) was ended although its process \(worker) lives") }
    case .workerStarted(let worker): living.insert(worker)
    case .workerEnded(let worker, let isKilled): workerEnded(worker, isKilled)
    case .nodeRegistered, .drainOrdered, .serve, .blow, .calm: break
    }
  }

  private mutating func submitted(_ batch: Int, _ first: JobID, _ count: Int) {
    if let known = batches[batch] {
      if known.first != first { fail("batch \(batch) was made twice: jobs \(known.first) and \(first)") }
      return
    }
    batches[batch] = (first, count)
    for index in 0..<count {
      let id = JobID(first.rawValue + Int64(index))
      if jobs[id] != nil { fail("the number of job \(id) was given twice") }
      restless += 1
      jobs[id] = Job(script: plan.scripts[plan.firstScript(of: batch) + index])
    }
  }

  private mutating func entered(_ run: JobRun, _ worker: ProcessNumber) {
    guard var job = jobs[run.job] else { return fail("job \(run.job) was entered and nobody submitted it") }
    defer { jobs[run.job] = job }
    if let live = job.live { fail("job \(run.job) runs twice at once: fences \(live) and \(run.fence)") }
    if job.fence != run.fence || !["running", "cancelling"].contains(job.status) {
      fail("job \(run.job)/\(run.fence) was entered while it is \(job.status) with fence \(job.fence)")
    }
    let before = job.runs.values.reduce(0) { $0 + $1.entries }
    if job.script.rule == .never, before > 0 {
      fail("job \(run.job) must never be repeated and was entered twice")
    }
    if job.runs[run.fence]?.entries ?? 0 > 0 {
      fail("job \(run.job) was entered twice under fence \(run.fence)")
    }
    job.runs[run.fence, default: Run(worker: worker)].entries += 1
    job.live = run.fence
  }

  private mutating func returned(_ run: JobRun, _ worker: ProcessNumber, _ code: Int32, _ bits: UInt32) {
    if jobs[run.job]?.live == run.fence { jobs[run.job]?.live = nil }
    jobs[run.job]?.runs[run.fence, default: Run(worker: worker)].returned = (code, bits)
  }

  private mutating func workerEnded(_ worker: ProcessNumber, _ isKilled: Bool) {
    living.remove(worker)
    if isKilled { killed.insert(worker) }
    for (id, job) in jobs {
      if let live = job.live, job.runs[live]?.worker == worker {
        if !isKilled { fail("process \(worker) ended by itself while it ran job \(id)") }
        jobs[id]?.live = nil
      }
    }
  }

  private mutating func mayWrite(_ run: JobRun, _ what: String) {
    guard let job = jobs[run.job] else { return fail("\(what) of job \(run.job) that nobody submitted") }
    if job.fence != run.fence || !["running", "cancelling"].contains(job.status) {
      fail("job \(run.job)/\(run.fence) wrote \(what) while it is \(job.status) with fence \(job.fence)")
    }
  }

  private mutating func finishTaken(_ run: JobRun) {
    guard let job = jobs[run.job] else { return fail("a finish of job \(run.job) that nobody submitted") }
    if job.finishedBy != run.fence {
      fail(
        "job \(run.job): a finish under fence \(run.fence) was taken, its outcome is of \(job.finishedBy ?? 0)"
      )
    }
  }

  private mutating func cancelAnswered(_ id: JobID, _ answer: CancelAnswer) {
    guard let job = jobs[id] else { return }
    switch answer {
    case .cancelled where job.live != nil:
      fail("the client was told that job \(id) is cancelled while its code runs")
    case .cancelled where job.status != "cancelled":
      fail("the client was told that job \(id) is cancelled, and it is \(job.status)")
    case .alreadyEnded(let outcome) where job.status != outcome.name:
      fail("the client was told that job \(id) is \(outcome.name), and it is \(job.status)")
    case .notFound: fail("job \(id) was not found")
    default: break
    }
  }
}

// MARK: what the events say

extension HistoryChecker {
  private mutating func take(_ event: JobEvent, _ number: Int64) {
    guard var job = jobs[event.job] else { return fail("an event of job \(event.job) that nobody submitted") }
    defer { jobs[event.job] = job }
    let name = "job \(event.job) event \(number)"
    if number != job.events + 1 { fail("\(name) follows event \(job.events)") }
    job.events = number
    // It tells of an old run, and changes nothing.
    if event.reason == .fencedFinish {
      if event.from != event.to || event.to != job.status { fail("\(name) moves a job for a fenced return") }
      return
    }
    if event.from != job.status { fail("\(name) leaves \(event.from), but the job is \(job.status)") }
    if job.isEnded { fail("\(name) changes a job that had ended as \(job.status)") }
    guard let arrow = Arrows.find(event.from, event.to, event.reason) else {
      return fail("\(name): \(event.from) -> \(event.to) (\(event.reason.rawValue)) is no arrow of the table")
    }
    if let rule = arrow.rule, rule != job.script.rule { fail("\(name) is for \(rule.name) jobs only") }
    if event.fence != job.fence + arrow.rise {
      fail("\(name) has fence \(event.fence) after \(job.fence), and has to raise it by \(arrow.rise)")
    }
    if arrow.endsRun, let live = job.live {
      fail("\(name): \(event.to) (\(event.reason.rawValue)) while the code of fence \(live) runs")
    }
    if event.reason == .workerEnded, let worker = job.runs[job.fence]?.worker, living.contains(worker) {
      fail("\(name) says that process \(worker) has ended, and it lives")
    }
    apply(event, &job, name)
    if job.isAtRest { restless += 1 }
    job.status = event.to
    job.fence = event.fence
    if job.isAtRest { restless -= 1 }
  }

  private mutating func apply(_ event: JobEvent, _ job: inout Job, _ name: String) {
    switch event.reason {
    case .started: job.starts += 1
    case .cancelRequested:
      job.isCancelRequested = true
      if !job.isCancelAsked { fail("\(name): nobody asked for a cancel") }
    case .cancelledBeforeStart: if !job.isCancelAsked { fail("\(name): nobody asked for a cancel") }
    case .graceOver: job.runs[job.fence]?.isZombie = true
    case .returned, .cancelTooLate, .finishedLate:
      job.finishedBy = event.fence
      judge(event, job, name)
    default: break
    }
  }

  /// The outcome is what that run returned, and no other's.
  private mutating func judge(_ event: JobEvent, _ job: Job, _ name: String) {
    guard let (code, bits) = job.runs[event.fence]?.returned else {
      return fail("\(name): \(event.to), and no run returned under fence \(event.fence)")
    }
    let isCancelled = job.isCancelRequested || bits & StopBits.cancel != 0
    let isLate = bits & StopBits.deadline != 0
    let expected =
      switch code {
      case 0: "succeeded"
      case 2: "warning"
      default: isCancelled ? "cancelled" : isLate ? "timed_out" : "failed"
      }
    if event.to != expected {
      fail("\(name): the run returned \(code), which is \(expected), not \(event.to)")
    }
  }
}
