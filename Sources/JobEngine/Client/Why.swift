import DataModel
package import Storage

/// One link of the chain that `jobs why` prints.
package struct WhyLine: Sendable, Equatable {
  /// Stable, machine-readable.
  package var code: String
  package var text: String

  package init(_ code: String, _ text: String) {
    self.code = code
    self.text = text
  }
}

/// Says why a job stands where it stands. Pure: the facts are passed in.
package enum Why {
  package static func explain(
    _ job: JobRow, plugins: PluginList, nodes: [NodeRow], events: [JobEvent], lost: LostRow? = nil
  ) -> [WhyLine] {
    switch job.status {
    case .ended(let end): ended(end, events)
    case .live(.ready): ready(job, plugins, nodes)
    case .live(.leased):
      [WhyLine("leased", "worker \(worker(job)) has claimed it and starts it when a thread is free")]
    case .live(.running): running(job)
    case .live(.cancelling): cancelling(job)
    case .live(.zombie):
      [
        WhyLine("zombie", "it did not end within its grace time; its writes are refused"),
        WhyLine("zombie_runs", "its code may still run in worker \(worker(job)), until that ends"),
      ]
    case .live(.lost):
      self.lost(job, events, lost, hasReconcile: ActionCatalogue(plugins).hasReconcile(job.kind))
    }
  }

  private static func ended(_ end: JobEnd, _ events: [JobEvent]) -> [WhyLine] {
    var lines = [WhyLine(end.outcome.name, "it has ended: \(end.outcome.name)")]
    for event in events where event.reason == .cancelRequested || event.reason == .deadlinePassed {
      lines.append(WhyLine(event.reason.rawValue, text(event)))
    }
    if let last = events.last { lines.append(WhyLine(last.reason.rawValue, text(last))) }
    if !end.message.isEmpty { lines.append(WhyLine("message", end.message)) }
    lines += end.leftBehind.map { WhyLine("left_behind", "left behind: \($0)") }
    return lines
  }

  private static func ready(_ job: JobRow, _ plugins: PluginList, _ nodes: [NodeRow]) -> [WhyLine] {
    let files = plugins.files.filter { $0.pluginID == job.kind.plugin }
    guard let file = files.first(where: { $0.state == .active }) else {
      return [absent(job.kind, files)]
    }
    guard let manifest = try? Manifest(text: file.manifest),
      manifest.actions.contains(where: { $0.name == job.kind.action })
    else {
      return [
        WhyLine(
          "action_gone",
          "the active version of plug-in \(job.kind.plugin) (\(file.version)) has no action \(job.kind.action)"
        )
      ]
    }
    let nodes = nodes.filter { $0.group == file.group }
    if nodes.isEmpty, file.group != WorkerGroup.shared {
      return [
        WhyLine(
          "no_worker",
          "the worker of group \(file.group) is not running; `bulkhead serve` starts it")
      ]
    }
    if nodes.isEmpty {
      return [WhyLine("no_worker", "no worker is running; one is started by `bulkhead serve`")]
    }
    if nodes.allSatisfy({ $0.order == .drain }) {
      return [WhyLine("draining", "every worker is draining and claims nothing; a new one takes it")]
    }
    let reports = plugins.reports.filter { $0.sha256 == file.sha256 }
    if !reports.contains(where: \.isLoaded) {
      let failed = reports.first { !$0.isLoaded }
      return [
        WhyLine(
          "not_loaded",
          failed.map { "worker \($0.node) could not load \(file.file): \($0.message)" }
            ?? "no worker has loaded \(file.file) yet")
      ]
    }
    return [
      WhyLine("queued", "it waits for a free slot of \(nodes.count) worker(s), first come first served")
    ]
  }

  private static func absent(_ kind: JobKind, _ files: [PluginFile]) -> WhyLine {
    if let file = files.first(where: { $0.state == .removed }) {
      return WhyLine(
        "plugin_removed",
        "no worker has the plug-in \(kind.plugin): its file \(file.file) was removed; put it back into the "
          + "plug-in directory")
    }
    if let file = files.first {
      return WhyLine("plugin_refused", "the plug-in \(kind.plugin) is refused: \(file.message)")
    }
    return WhyLine(
      "plugin_absent", "there is no plug-in \(kind.plugin); put its file into the plug-in directory")
  }

  private static func running(_ job: JobRow) -> [WhyLine] {
    var lines = [WhyLine("running", "it runs in worker \(worker(job)), attempt \(job.attempt)")]
    if let progress = job.progress, !progress.message.isEmpty {
      lines.append(WhyLine("progress", "it last said: \(progress.message)"))
    }
    return lines
  }

  private static func cancelling(_ job: JobRow) -> [WhyLine] {
    let cause = job.cancelRequested ? "a cancel was requested" : "its deadline passed"
    return [
      WhyLine("cancelling", "\(cause); worker \(worker(job)) waits for it to reach a checkpoint and clean up")
    ]
  }

  private static func lost(
    _ job: JobRow, _ events: [JobEvent], _ lost: LostRow?, hasReconcile: Bool
  ) -> [WhyLine] {
    var lines = [
      WhyLine("lost", "it had started, and what came of it is not known; it is not run again by itself")
    ]
    if let last = events.last(where: { $0.to == JobState.lost.name && $0.from != JobState.lost.name }) {
      lines.append(WhyLine(last.reason.rawValue, text(last)))
    }
    guard let lost else { return lines }
    lines += lost.leftBehind.map { WhyLine("left_behind", "left behind: \($0)") }
    if hasReconcile {
      let asked =
        lost.tries == 0
        ? "is asked" : "was asked \(lost.tries) time(s) and is asked again, at least every 10 minutes,"
      lines.append(WhyLine("reconcile", "its reconcile entry \(asked) what came of it"))
    } else {
      lines.append(WhyLine("no_reconcile", "no active plug-in has a reconcile entry that could be asked"))
    }
    if !lost.answer.isEmpty { lines.append(WhyLine("answer", "it answered: \(lost.answer)")) }
    if !lost.runEnded {
      lines.append(
        WhyLine(
          "no_proof",
          "nothing proves that its old run has ended: to run it again somebody has to attest it (--old-run-ended)"
        ))
    }
    lines.append(
      WhyLine(
        "resolve",
        "to decide by hand: look at its steps with `bulkhead jobs show \(job.id)`, then "
          + "`bulkhead jobs resolve \(job.id) --as succeeded|failed|cancelled|rerun`"))
    return lines
  }

  private static func text(_ event: JobEvent) -> String {
    let sentence = event.reason.sentence
    return event.detail.isEmpty ? sentence : "\(sentence): \(event.detail)"
  }

  private static func worker(_ job: JobRow) -> String { job.node?.description ?? "?" }
}
