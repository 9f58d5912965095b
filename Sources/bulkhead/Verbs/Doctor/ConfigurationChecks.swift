import DataModel
import JobEngine

/// The configuration, file and variables together.
enum ConfigurationChecks {
  static func judge(_ layered: Result<LayeredConfiguration, EngineError>) -> HealthCheck {
    switch layered {
    case .success(let layered):
      let given = layered.origins.count
      return HealthCheck(
        .configurationFile, .ok,
        (layered.file.map { "\($0) is right" } ?? "no file; defaults and variables")
          + ", \(given) of \(Settings.all.count) settings are given")
    case .failure(let error):
      let problems = error.problems.map(\.description)
      return HealthCheck(
        .configurationFile, .fault, HealthCheck.listed(problems.isEmpty ? [error.message] : problems),
        cure: error.cure)
    }
  }
}
