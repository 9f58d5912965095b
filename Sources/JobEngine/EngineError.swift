package import DataModel
package import Storage

/// What a client is told when the engine does not do what was asked: one sentence, what to do, and the exit
/// code of the command.
package struct EngineError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    case notFound = "not_found"
    case unknownAction = "unknown_action"
    case ambiguousAction = "ambiguous_action"
    case invalidParameters = "invalid_parameters"
    case refused
    case noEngine = "no_engine"
    case store
  }

  package var code: Code
  package var message: String
  package var cure: String
  /// For `invalidParameters`: each field's path and what is wrong with it.
  package var problems: [ParameterProblem]

  package init(_ code: Code, _ message: String, cure: String = "", problems: [ParameterProblem] = []) {
    self.code = code
    self.message = message
    self.cure = cure
    self.problems = problems
  }

  package init(_ error: StoreError) {
    let code: Code =
      switch error.code {
      case .noEngine, .inDoubt, .closed: .noEngine
      case .notFound: .notFound
      case .invalid, .alreadyServed: .refused
      default: .store
      }
    self.init(code, error.message, cure: error.cure)
  }

  package var description: String { cure.isEmpty ? message : message + " (" + cure + ")" }
}
