import DataModel
package import Storage

/// One job as a client asks for it, before it is checked.
package struct Submission: Sendable {
  /// `plugin:action`, or a short action name that one plug-in has.
  package var action: String
  /// `name=text` pairs, typed by the schema.
  package var assignments: [(name: String, text: String)]
  /// A whole JSON object to start from; assignments go over it.
  package var json: String?
  /// Overrides the manifest's deadline when set.
  package var deadlineMilliseconds: Int64?

  package init(
    action: String, assignments: [(name: String, text: String)] = [], json: String? = nil,
    deadlineMilliseconds: Int64? = nil
  ) {
    self.action = action
    self.assignments = assignments
    self.json = json
    self.deadlineMilliseconds = deadlineMilliseconds
  }

  /// Typed, defaults filled in, checked.
  package func request(for entry: ActionCatalogue.Entry) throws(EngineError) -> JobRequest {
    let schema = entry.action.parameters
    let (typed, problems) = schema.coerce(assignments: assignments, over: try base())
    let (filled, more) = schema.check(typed)
    let all = problems.isEmpty ? more : problems
    guard all.isEmpty else {
      let first = all[0]
      let more = all.count - 1
      let rest = more > 0 ? "; and \(more) more problem\(more > 1 ? "s" : "")" : ""
      throw EngineError(
        .invalidParameters,
        "\(entry.kind): \(first.path.isEmpty ? "" : first.path + ": ")\(first.message)\(listHint(first))\(rest)",
        cure: "see `bulkhead plugins show \(entry.kind.plugin)`", problems: all)
    }
    return JobRequest(
      kind: entry.kind, params: filled.text, repeatRule: entry.action.repeatRule,
      deadlineMilliseconds: deadlineMilliseconds ?? entry.action.deadlineMilliseconds,
      cleanupMilliseconds: entry.action.cleanupMilliseconds,
      graceMilliseconds: entry.action.graceMilliseconds)
  }

  /// Several elements in one text are the likeliest reason why an element of a list is wrong.
  private func listHint(_ problem: ParameterProblem) -> String {
    guard problem.path.hasSuffix("]"), let end = problem.path.lastIndex(of: "[") else { return "" }
    let name = String(problem.path[..<end])
    guard assignments.contains(where: { $0.name == name && $0.text.contains(",") }) else { return "" }
    return " (it is one element: repeat \(name)=… for each, or give a JSON list)"
  }

  private func base() throws(EngineError) -> JSONValue {
    guard let json else { return .object([:]) }
    do {
      let value = try JSONValue(parsing: json)
      if case .object = value { return value }
    } catch {
      throw EngineError(.invalidParameters, "the parameters are not JSON: \(error)")
    }
    throw EngineError(.invalidParameters, "the parameters have to be one JSON object")
  }
}
