internal import CBulkheadPlugin

/// What came of a lost job. An entry that cannot tell throws instead, and is asked again later.
public enum Answer: Sendable {
  /// All of it was done. The result is what the entry has set (`Context.setResult`).
  case done
  /// It was begun, and is over without success.
  case failed(String)
  /// The outside world is as before: it may be run again.
  case notStarted(String)
}

/// An entry that finds out what came of lost jobs of some actions, and changes nothing. List it in
/// `Plugin(reconciles:)`.
///
///     enum LookForServer: Reconcile {
///       static let name = "server.create.look"
///       static let actions: [any Action.Type] = [CreateServer.self]
///
///       static func run(_ context: Context) throws -> Answer {
///         guard let id = try cloud.find(tag: try context.stepToken("create-vm")) else {
///           return .notStarted("the cloud has no such VM")
///         }
///         try context.setResult(CreateServer.Result(vm: id))
///         return .done
///       }
///     }
public protocol Reconcile: Sendable {
  /// As that of an action, and among them: `server.create.look`. It cannot be submitted.
  static var name: String { get }
  static var title: String { get }
  static var description: String { get }
  /// The actions that it speaks for: one at least.
  static var actions: [any Action.Type] { get }
  /// Limit of one look. 60 seconds unless given.
  static var deadlineMilliseconds: Int { get }
  static var cleanupMilliseconds: Int { get }
  static var graceMilliseconds: Int { get }

  /// Looks. It has the lost job's parameters (`Context.parameters(as:)`), id, fence and attempt.
  static func run(_ context: Context) throws -> Answer
}

extension Reconcile {
  public static var title: String { name }
  public static var description: String { "" }
  public static var deadlineMilliseconds: Int { 60_000 }
  public static var cleanupMilliseconds: Int { 60_000 }
  public static var graceMilliseconds: Int { 30_000 }
}

extension Context {
  /// The parameters as a value, where `run` is not given them: in a reconcile entry.
  public func parameters<T: Decodable>(as type: T.Type) throws -> T {
    try JSON(parsing: parametersJSON).decode(type)
  }

  /// Sets the job's result, where `run` does not give it back: in a reconcile entry.
  public func setResult<T: Encodable>(_ result: T) throws { try setResult(json: JSON(encoding: result).text) }

  /// In a reconcile entry: the name of the lost job's action, and why it is lost. Empty texts in any other run.
  public var lostJob: (action: String, reason: String) {
    guard let table = bh_reconcile_of(raw)?.pointee else { return ("", "") }
    return (String(table.action(raw)), String(table.reason(raw)))
  }
}

/// Runs an entry from its call to its answer. No error leaves.
func look(_ entry: any Reconcile.Type, _ raw: UnsafeMutablePointer<bh_ctx>) -> Int32 {
  let context = Context(raw)
  var code = BH_OK
  do {
    let answer = try entry.run(context)
    let table = try need(bh_reconcile_of(raw), BH_RECONCILE_ID)
    let (kind, text) =
      switch answer {
      case .done: (BH_RECONCILE_DONE, "")
      case .failed(let text): (BH_RECONCILE_FAILED, text)
      case .notStarted(let text): (BH_RECONCILE_NOT_STARTED, text)
      }
    code = try check(text.withStr { table.answer(raw, kind, $0) }, "answer")
  } catch {
    code = context.report(error)
  }
  if code >= 0 { for entry in context.notes.cleanups where entry.onFailureOnly { entry.end() } }
  return code
}
