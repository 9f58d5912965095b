import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Threading

/// One round: jobs are submitted, the engine is hit, started again as an operator would, and everything that was
/// accepted has to come to rest with a story that the witness agrees with.
struct KillRound {
  let engine: RunningEngine
  let plan: KillPlan
  let witnessFile: String
  /// A round that takes longer has forgotten a job.
  static let limitMilliseconds: Int64 = 60_000

  func run() throws -> [String] {
    let deadline = MonotonicClock.nanoseconds + Self.limitMilliseconds * 1_000_000
    try restart(arming: plan.environment)
    let blow = OSThread("blow") { strike() }
    let ids = try submit(until: deadline)
    for index in plan.cancelled.sorted() {
      _ = try persist(until: deadline) { try $0.cancel(ids[index]) }
    }
    blow.join()
    let jobs = try ids.map { id in try rest(id, until: deadline) }
    return try Witness(file: witnessFile).disagreements(with: jobs)
  }

  /// Named points need a fresh process: an engine that still runs from the round before is stopped first.
  private func restart(arming environment: [String: String]) throws {
    if !environment.isEmpty, engine.serve != nil {
      for worker in try engine.workers() { worker.signal(SIGKILL) }
      engine.killServe()
    }
    if engine.serve == nil || engine.serve?.hasEnded == true { try startAgain(environment) }
  }

  /// The blow may fall while the engine starts: then it is started once more, without a point.
  private func startAgain(_ environment: [String: String]) throws {
    engine.killServe()
    do {
      try engine.start(environment: environment)
    } catch {
      engine.killServe()
      try engine.start()
    }
  }

  private func submit(until deadline: Int64) throws -> [JobID] {
    let requests = (0..<plan.jobs).map { index in
      let rule: RepeatRule = index.isMultiple(of: 2) ? .never : .idempotent
      let outcome = ["succeeded", "warning", "failed"][index % 3]
      let params: [String: JSONValue] = [
        "file": .string(witnessFile), "work_ms": .int(plan.workMilliseconds[index]),
        "outcome": .string(outcome),
      ]
      return JobRequest(
        kind: JobKind(plugin: "witness", action: rule.name), params: JSONValue.object(params).text,
        repeatRule: rule, graceMilliseconds: 10_000)
    }
    // One batch id for every try: however often it is sent, the jobs are made once.
    let batch = SubmitJobs(batchID: JobClient.random16(), jobs: requests)
    return try persist(until: deadline) { _ in try engine.connect().perform(batch) }
  }

  private func rest(_ id: JobID, until deadline: Int64) throws -> JobRow {
    try persist(until: deadline) { client in
      let row = try client.watch(id) { _ in MonotonicClock.nanoseconds < deadline }
      guard row.status.isAtRest else {
        throw KillFailure(
          "job \(id) was forgotten: \(row.status.name) in \(row.node?.description ?? "no worker") for a minute; "
            + "workers: \((try? client.nodes()) ?? []); \(events(id, client)); \(stacks())")
      }
      return row
    }
  }

  private func events(_ id: JobID, _ client: JobClient) -> String {
    let events = (try? client.events(id)) ?? []
    return events.map { "\($0.from)→\($0.to) \($0.reason.rawValue)" }.joined(separator: ", ")
  }

  /// Where the workers' threads are, if a debugger is there: what a forgotten job waits for.
  private func stacks() -> String {
    let workers = (try? engine.workers()) ?? []
    return workers.map { worker in
      let words = ["gdb", "-batch", "-p", "\(worker.facts.pid)", "-ex", "thread apply all bt 12"]
      return (try? ToolRun(words).output) ?? "no stacks: gdb is not installed"
    }.joined(separator: "\n")
  }

  /// Does it, starting `serve` again whenever it is gone.
  private func persist<R>(until deadline: Int64, _ body: (JobClient) throws -> R) throws -> R {
    let pause = Bell()
    while true {
      do {
        return try body(engine.client())
      } catch let failure as KillFailure {
        throw failure
      } catch {
        guard MonotonicClock.nanoseconds < deadline else { throw error }
        if engine.serve?.hasEnded ?? true { try startAgain([:]) } else { pause.wait(milliseconds: 10) }
      }
    }
  }

  private func strike() {
    switch plan.blow {
    case .point: break
    case .kill(let victim, let after):
      Bell().wait(milliseconds: after)
      send(SIGKILL, to: victim)
    case .pause(let victim, let after, let milliseconds):
      Bell().wait(milliseconds: after)
      let paused = processes(victim)
      paused.forEach { $0.signal(SIGSTOP) }
      Bell().wait(milliseconds: milliseconds)
      paused.forEach { $0.signal(SIGCONT) }
    }
  }

  private func send(_ signal: Int32, to victim: KillPlan.Victim) {
    processes(victim).forEach { $0.signal(signal) }
  }

  private func processes(_ victim: KillPlan.Victim) -> [ProcessHandle] {
    let workers = victim == .serve ? [] : (try? engine.workers()) ?? []
    let serve = victim == .worker ? nil : engine.serve
    return workers + (serve.map { [$0] } ?? [])
  }
}
