internal import CBulkheadPlugin

/// Runs an action from its parameters to its code. No error leaves.
func run<A: Action>(_ action: A.Type, _ raw: UnsafeMutablePointer<bh_ctx>) -> Int32 {
  let context = Context(raw)
  var code = BH_OK
  do {
    let json = try JSON(parsing: context.parametersJSON)
    let parameters = try json.decode(A.Parameters.self)
    let result = try A.run(context, parameters)
    if A.Result.self != Nothing.self { try context.setResult(json: JSON(encoding: result).text) }
    if context.notes.hasWarned { code = BH_WARNING }
  } catch {
    code = context.report(error)
  }
  // The host calls no `onFailure` entry of a run that succeeded.
  if code >= 0 { for entry in context.notes.cleanups where entry.onFailureOnly { entry.end() } }
  return code
}

extension Context {
  /// Says why the run fails and gives the code to return.
  func report(_ error: any Error) -> Int32 {
    switch error {
    case let stop as Stopped: stop.code.rawValue
    case let failure as any CodedError:
      failure.code.rawValue < 0
        ? fail(failure.code, failure.description)
        : fail(
          .bug, "the plug-in threw \(type(of: error)) with the code of a success: \(failure.description)")
    case let mismatch as DecodingError: fail(.invalid, "parameters: " + mismatch.place)
    default: fail(.bug, "the plug-in threw \(type(of: error)): \(error)")
    }
  }

  private func fail(_ code: Code, _ text: String) -> Int32 {
    let none = bh_str(ptr: nil, len: 0)
    return text.withStr { raw.pointee.host.pointee.fail(raw, code.rawValue, $0, none) }
  }
}

extension DecodingError {
  /// Where and what, in one line: `disk/size_gib: expected Int, found "12"`.
  var place: String {
    let context: DecodingError.Context
    switch self {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found): context = found
    case .keyNotFound(let key, let found):
      let path = found.codingPath.map(\.stringValue) + [key.stringValue]
      return path.joined(separator: "/") + ": it was not given"
    @unknown default: return "\(self)"
    }
    let path = context.codingPath.map(\.stringValue).joined(separator: "/")
    return (path.isEmpty ? "" : path + ": ") + context.debugDescription
  }
}
