import Storage

/// The workers as the engine sees them.
enum WorkerChecks {
  static func judge(_ answers: EngineAnswers) -> [HealthCheck] {
    guard let reply = answers.workers else { return [] }
    return [
      present(reply.workers), responsive(reply.workers), limits(reply.workers),
      groups(reply.workers, answers.plugins?.files ?? []),
    ]
  }

  private static func present(_ workers: [WorkerFacts]) -> HealthCheck {
    guard !workers.isEmpty else {
      return HealthCheck(
        .workersPresent, .fault, "no worker runs: no job can start",
        cure: "look into the engine's log why they end; it starts another by itself, later each time")
    }
    let jobs = workers.reduce(0) { $0 + $1.node.activeJobs }
    return HealthCheck(.workersPresent, .ok, "\(workers.count), with \(jobs) active jobs")
  }

  private static func responsive(_ workers: [WorkerFacts]) -> HealthCheck {
    let silent = workers.filter { $0.state == .unresponsive }
    guard let first = silent.first else { return HealthCheck(.workersResponsive, .ok, "all of them") }
    return HealthCheck(
      .workersResponsive, .fault,
      HealthCheck.listed(
        silent.map {
          "worker \($0.node.id) (process \($0.node.process.pid), \($0.node.activeJobs) active jobs): \($0.silence)"
        }),
      cure: "its jobs stay its own until it ends: bulkhead workers kill \(first.node.id)")
  }

  private static func limits(_ workers: [WorkerFacts]) -> HealthCheck {
    let gaps = workers.flatMap { worker in
      worker.gaps.map { "worker \(worker.node.id) has no limit of \($0)" }
    }
    guard gaps.isEmpty else {
      return HealthCheck(
        .workersLimits, .warning, HealthCheck.listed(gaps),
        cure:
          "give serve a control group of its own (systemd: Delegate=yes, DelegateSubgroup=serve), or take the "
          + "limit out of the configuration")
    }
    let held = workers.count { !$0.limits.isEmpty }
    return HealthCheck(
      .workersLimits, .ok,
      held == 0 ? "none are asked for" : "in force for \(held) of \(workers.count) workers")
  }

  private static func groups(_ workers: [WorkerFacts], _ files: [PluginFile]) -> HealthCheck {
    let taking = Set(workers.filter { $0.node.order == .run }.map(\.node.group))
    let missing = files.filter { $0.state == .active && !taking.contains($0.group) }
    guard missing.isEmpty else {
      return HealthCheck(
        .workersGroups, .fault,
        HealthCheck.listed(
          missing.map {
            "\($0.pluginID) runs in the worker \(WorkerGroup.title($0.group)), and that takes no jobs"
          }),
        cure: "wait a moment if it has just been started or drained; else look into the engine's log")
    }
    return HealthCheck(
      .workersGroups, .ok, taking.sorted().map(WorkerGroup.title).joined(separator: ", "))
  }
}
