import DataModel
import JobEngine

/// One thing that is wrong with the configuration, and where it was said.
struct ConfigurationProblem: Equatable {
  /// `bulkhead.yaml:4:3`, `$BULKHEAD_WORKER_SLOTS`, `--slots`.
  let place: String
  let message: String

  var text: String { place.isEmpty ? message : "\(place): \(message)" }
}

/// All that is wrong with a configuration at once: nobody likes to find one fault after the other.
struct ConfigurationError: Error {
  let problems: [ConfigurationProblem]

  init(_ problems: [ConfigurationProblem]) { self.problems = problems }

  /// As the verbs tell it: wrong use, told before anything was touched.
  var engineError: EngineError {
    let count = problems.count
    return EngineError(
      .invalidParameters,
      count == 1 ? problems[0].text : "the configuration has \(count) faults",
      cure: "correct it; `bulkhead config check` reads it without starting anything",
      problems: problems.map { ParameterProblem(path: $0.place, message: $0.message) })
  }
}
