import DataModel
import JobEngine
import Storage

/// The command's exit codes. Stable: scripts depend on them.
enum ExitStatus {
  static let succeeded: Int32 = 0
  static let failed: Int32 = 1
  static let warning: Int32 = 2
  static let cancelled: Int32 = 3
  static let timedOut: Int32 = 4
  static let lost: Int32 = 5
  static let notFound: Int32 = 6
  static let refused: Int32 = 7
  static let usage: Int32 = 64
  static let noEngine: Int32 = 69
  static let bug: Int32 = 70
  static let hungUp: Int32 = 129
  static let interrupted: Int32 = 130
  static let terminated: Int32 = 143

  static func of(_ code: EngineError.Code) -> Int32 {
    switch code {
    case .notFound, .unknownAction: notFound
    case .ambiguousAction, .invalidParameters: usage
    case .refused, .store: refused
    case .noEngine: noEngine
    }
  }

  /// The code of a job that is waited for. One that has not come to rest gives 0.
  static func of(_ status: JobStatus) -> Int32 {
    switch status {
    case .live(let state): state == .lost ? lost : succeeded
    case .ended(let end):
      switch end.outcome {
      case .succeeded: succeeded
      case .warning: warning
      case .failed: failed
      case .cancelled: cancelled
      case .timedOut: timedOut
      }
    }
  }

  /// The gravest of several jobs: lost, failed, timed out, cancelled, warning, succeeded.
  static func gravest(_ statuses: [JobStatus]) -> Int32 {
    let order = [lost, failed, timedOut, cancelled, warning]
    let codes = Set(statuses.map { of($0) })
    return order.first(where: codes.contains) ?? succeeded
  }
}

/// How a failure of a verb is told: for people on the error output, for programs as one JSON object.
enum Failure {
  static func tell(_ error: EngineError, json: Bool) {
    if json {
      Terminal.output.line(document(error).text)
    } else {
      Terminal.errors.lines(lines(error, colour: Terminal.errors.usesColour))
    }
  }

  /// The sentence, every problem when there are several, and what to do.
  static func lines(_ error: EngineError, colour: Bool) -> [String] {
    lines(
      message: error.message, cure: error.cure,
      problems: error.problems.count > 1 ? error.problems.map(\.description) : [], colour: colour)
  }

  static func lines(message: String, cure: String, problems: [String] = [], colour: Bool) -> [String] {
    let mark = Style.red.apply("error:", colour: colour)
    let message = SafeText.lines(message)
    return [mark + " " + (message.first ?? "")] + message.dropFirst().map { "  " + $0 }
      + problems.map { "  - " + SafeText.escape($0) } + SafeText.lines(cure).map { "  " + $0 }
  }

  static func document(_ error: EngineError) -> JSONText {
    document(
      code: error.code.rawValue, message: error.message, cure: error.cure,
      problems: error.problems.map { ["path": .string($0.path), "message": .string($0.message)] })
  }

  static func document(
    code: String, message: String, cure: String, problems: [JSONText] = []
  ) -> JSONText {
    [
      "error": [
        "code": .string(code), "message": .string(message), "cure": .string(cure),
        "problems": .list(problems),
      ]
    ]
  }
}
