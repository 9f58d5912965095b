import DataModel
import JobEngine
import Storage

/// The jobs that need somebody.
enum JobChecks {
  static func judge(_ answers: EngineAnswers, now: Milliseconds) -> [HealthCheck] {
    guard let counts = answers.serving?.counts else { return [] }
    var checks = [lost(counts["lost"] ?? 0, answers.lost ?? []), zombies(counts["zombie"] ?? 0)]
    if let ready = answers.ready, let plugins = answers.plugins, let workers = answers.workers {
      let stuck = stuck(ready, plugins, workers.workers.map(\.node))
      checks.append(self.stuck(stuck, seen: ready.count, of: counts["ready"] ?? 0))
      checks.append(waiting(ready, counts["ready"] ?? 0, now))
    }
    return checks
  }

  private static func lost(_ count: Int, _ newest: [JobRow]) -> HealthCheck {
    guard count > 0 else { return HealthCheck(.jobsLost, .ok, "none") }
    let kinds = tally(newest.map(\.kind)).map {
      "\($0.count) of \($0.kind), such as job \(example($0.kind, newest))"
    }
    let id = newest.first.map { "\($0.id)" } ?? "ID"
    return HealthCheck(
      .jobsLost, .warning,
      ["\(jobs(count)) started, and what came of \(count == 1 ? "it" : "them") is not known"]
        + HealthCheck.listed(kinds),
      cure: "look at each, then decide: bulkhead jobs why \(id); bulkhead jobs resolve \(id) "
        + "--as succeeded|failed|cancelled|rerun")
  }

  private static func zombies(_ count: Int) -> HealthCheck {
    guard count > 0 else { return HealthCheck(.jobsZombies, .ok, "none") }
    return HealthCheck(
      .jobsZombies, .warning,
      "\(jobs(count)) did not end within the grace time and may still run; each holds a slot",
      cure:
        "find their workers with `bulkhead jobs list --state zombie`, then `bulkhead workers drain WORKER`, or kill "
        + "it; report it to the plug-in's author")
  }

  /// Waiting jobs that no worker can take, with the reason. Those that only wait for a slot or a worker that is on
  /// its way are not among them.
  private static func stuck(
    _ ready: [JobRow], _ plugins: PluginList, _ nodes: [NodeRow]
  ) -> [(job: JobRow, reason: WhyLine)] {
    let codes: Set = ["action_gone", "not_loaded", "plugin_removed", "plugin_refused", "plugin_absent"]
    var reasons: [JobKind: WhyLine] = [:]
    return ready.compactMap { job in
      let reason = reasons[job.kind] ?? Why.explain(job, plugins: plugins, nodes: nodes, events: []).first
      reasons[job.kind] = reason
      guard let reason, codes.contains(reason.code) else { return nil }
      return (job, reason)
    }
  }

  private static func stuck(
    _ stuck: [(job: JobRow, reason: WhyLine)], seen: Int, of total: Int
  ) -> HealthCheck {
    let scope = seen < total ? ["only the newest \(seen) of \(total) waiting jobs were looked at"] : []
    guard !stuck.isEmpty else { return HealthCheck(.jobsStuck, .ok, ["none"] + scope) }
    let reasons = Dictionary(stuck.map { ($0.job.kind, $0.reason.text) }) { first, _ in first }
    let kinds = tally(stuck.map(\.job.kind)).map { "\($0.count) of \($0.kind): \(reasons[$0.kind] ?? "")" }
    return HealthCheck(
      .jobsStuck, .warning,
      [
        "\(jobs(stuck.count)) \(stuck.count == 1 ? "waits" : "wait") and nothing can run \(stuck.count == 1 ? "it" : "them")"
      ]
        + HealthCheck.listed(kinds) + scope,
      cure: "put the plug-in back or correct it (`bulkhead plugins list`), or cancel: bulkhead jobs cancel "
        + "\(stuck[0].job.id)")
  }

  private static func waiting(_ ready: [JobRow], _ count: Int, _ now: Milliseconds) -> HealthCheck {
    guard let oldest = ready.last else { return HealthCheck(.jobsWaiting, .ok, "none") }
    let age = DurationText.text(milliseconds: now - oldest.submittedAt)
    let isAll = ready.count >= count
    return HealthCheck(
      .jobsWaiting, .note,
      isAll
        ? "\(count); the oldest, job \(oldest.id), for \(age)"
        : "\(count); the newest \(ready.count) for up to \(age), others for longer")
  }

  private static func tally(_ kinds: [JobKind]) -> [(kind: JobKind, count: Int)] {
    Dictionary(grouping: kinds) { $0 }.map { (kind: $0.key, count: $0.value.count) }.sorted {
      ($1.count, $0.kind) < ($0.count, $1.kind)
    }
  }

  private static func example(_ kind: JobKind, _ rows: [JobRow]) -> String {
    rows.first { $0.kind == kind }.map { "\($0.id)" } ?? "?"
  }

  private static func jobs(_ count: Int) -> String { count == 1 ? "1 job" : "\(count) jobs" }
}
