import Storage

/// The serving process itself.
enum EngineChecks {
  static func judge(_ answers: EngineAnswers, location: StoreLocation, program: String) -> [HealthCheck] {
    switch answers.contact {
    case .none:
      return [
        HealthCheck(
          .engineServes, .note,
          "none serves \(location.path): workers, plug-ins in use and jobs are not looked at",
          cure: "to start one: bulkhead serve --store \(location)")
      ]
    case .silent(let question):
      let pid = answers.serving.map { " (process \($0.process.pid))" } ?? ""
      return [
        HealthCheck(
          .engineServes, .fault,
          "the engine of \(location.path)\(pid) has not answered within "
            + "\(EngineAnswers.limitMilliseconds / 1000) seconds; the question: \(question)",
          cure: "look whether its process is stopped or its disk hangs; its workers go on without it")
      ] + facts(answers, program)
    case .failed(let message, let cure):
      return [
        HealthCheck(
          .engineServes, .fault, message,
          cure: cure.isEmpty ? "look at the engine's log, then try `bulkhead restart`" : cure)
      ] + facts(answers, program)
    case .whole:
      let pid = answers.serving.map { "process \($0.process.pid), since \(TimeText.short($0.since))" } ?? ""
      return [HealthCheck(.engineServes, .ok, "serves: " + pid)] + facts(answers, program)
    }
  }

  private static func facts(_ answers: EngineAnswers, _ program: String) -> [HealthCheck] {
    guard let serving = answers.serving else { return [] }
    let version =
      serving.version == program
      ? HealthCheck(.engineVersion, .ok, "\(program), as this program")
      : HealthCheck(
        .engineVersion, .note, "the engine is \(serving.version), this program \(program)",
        cure: "when the new program is in its place: bulkhead restart; jobs go on meanwhile")
    let draining =
      serving.isDraining
      ? HealthCheck(
        .engineDraining, .warning, "it drains: nothing new starts, and it ends when its running jobs have",
        cure: "start it again when it has ended; `bulkhead stop --cancel` is faster")
      : HealthCheck(.engineDraining, .ok, "it takes jobs")
    return [version, draining]
  }
}
