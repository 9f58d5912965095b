/// One action of a plug-in: a type whose `run` is called once per run of a job, on a thread of its own with
/// 256 KiB of stack. Use an enum or an empty struct; the state of a run lives in `run`'s own variables, because many
/// runs share the process.
///
///     enum Greet: Action {
///       struct Parameters: Codable { var name: String; var times: Int }
///       struct Result: Codable { var greeted: Int }
///
///       static let name = "greet"
///       static let keywords: [String: Keywords] = ["times": Keywords(minimum: 1, default: 3)]
///
///       static func run(_ context: Context, _ parameters: Parameters) throws -> Result {
///         for i in 0..<parameters.times {
///           context.progress(i, of: parameters.times, "greeting")
///           context.info("Hello, \(parameters.name)!")
///           try context.sleep(milliseconds: 1000)
///         }
///         return Result(greeted: parameters.times)
///       }
///     }
public protocol Action: Sendable {
  /// What the job was submitted with, already checked against the manifest. The manifest's schema is made from this
  /// type: a property is required unless it is optional or its keywords give a default.
  associatedtype Parameters: Decodable
  /// What the job gives back, encoded as one JSON object of at most 1 MiB.
  associatedtype Result: Codable

  /// `server.create`: lower-case letters, digits, `.`, `_`, `-`. Submitted as `plug-in:name`.
  static var name: String { get }
  /// For people. The name unless given.
  static var title: String { get }
  /// For people, one sentence.
  static var description: String { get }
  /// What the engine may do when it cannot know how a run ended. `.never` unless given.
  static var repeats: Repeats { get }
  /// Limit of one run from its start; 0 is none.
  static var deadlineMilliseconds: Int { get }
  /// Time for the clean-ups of a run.
  static var cleanupMilliseconds: Int { get }
  /// What else the manifest says of a parameter: bounds, default, texts. Keys are the names in JSON; names of
  /// nested ones are joined by `/`.
  static var keywords: [String: Keywords] { get }

  /// Does it. What it throws ends the job:
  ///
  /// - `Stopped`: cancelled or timed out. Let it pass, `defer` tidies up.
  /// - `Failure`, or any `CodedError`: failed, with its code and text.
  /// - anything else: failed as a bug of the plug-in, with the error's type and text.
  ///
  /// A trap (index out of range, `!` on nil, overflow) is a fault of the process, no error.
  static func run(_ context: Context, _ parameters: Parameters) throws -> Result
}

extension Action {
  public static var title: String { name }
  public static var description: String { "" }
  public static var repeats: Repeats { .never }
  public static var deadlineMilliseconds: Int { 0 }
  public static var cleanupMilliseconds: Int { 60_000 }
  public static var keywords: [String: Keywords] { [:] }
}

/// `repeat` of the manifest.
public enum Repeats: String, Sendable {
  /// A job whose end is unknown is `lost` until somebody decides.
  case never
  /// It may be run twice without harm: run it again from the start.
  case idempotent
  /// Run it again: every effect on the outside world is in a `step`.
  case steps
}

/// Parameters or a result without any member.
public struct Nothing: Codable, Sendable {
  public init() {}
}
