// swift-probe: every call of the Swift wrapper, for its tests. One action a behaviour.
import BulkheadPlugin

let plugin = Plugin(
  id: "swift-probe", version: "1.0.0", title: "Swift probe",
  actions: [
    Echo.self, Throw.self, Warn.self, Wait.self, Clean.self, Model.self, Reserve.self, Stepwise.self,
    Once.self,
  ], reconciles: [LookOnce.self])

@c(bh_plugin_entry)
public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.entry(host) }

enum Colour: String, Codable, CaseIterable { case red, green }

enum Echo: Action {
  struct Disk: Codable {
    var size_gib: UInt16
    var fast: Bool?
  }
  struct Parameters: Codable {
    var text: String
    var count: Int
    var ratio: Double
    var flag: Bool
    var colour: Colour
    var disk: Disk?
    var tags: [String]
    var labels: [String: Int]?
  }
  struct Result: Codable {
    var given: Parameters
    var raw: String
    var small: Int8
    var nothing: String?
  }

  static let name = "echo"
  static let keywords = [
    "text": Keywords(title: "Text", minLength: 1), "count": Keywords(default: 7, minimum: 0, maximum: 100),
    "ratio": Keywords(default: 0.5), "flag": Keywords(default: true), "tags": Keywords(default: []),
    "disk/size_gib": Keywords(default: 20, maximum: 1000),
  ]

  static func run(_ context: Context, _ parameters: Parameters) throws -> Result {
    context.log(.error, "job \(context.jobID)")
    context.debug("debug")
    context.info("info \u{1F600}")
    context.progress(1, of: 2, "half")
    if context.attempt != 1 || context.fence == 0 { throw Failure(.bug, "attempt or fence") }
    return Result(given: parameters, raw: context.parametersJSON, small: -3)
  }
}

struct Odd: Error { var reason: String }
struct Coded: CodedError {
  var code: Code { .conflict }
  var description: String { "it is taken" }
}

enum Throw: Action {
  enum What: String, Codable, CaseIterable { case failure, coded, odd, ok, infinite }
  struct Parameters: Codable { var what: What }
  struct Result: Codable { var number: Double }

  static let name = "throw"

  static func run(_ context: Context, _ parameters: Parameters) throws -> Result {
    switch parameters.what {
    case .failure: throw Failure(.notFound, "no such thing")
    case .coded: throw Coded()
    case .odd: throw Odd(reason: "the pump is dry")
    case .ok: throw Failure(Code(rawValue: 0), "no success")
    case .infinite: return Result(number: .infinity)
    }
  }
}

enum Warn: Action {
  static let name = "warn"

  static func run(_ context: Context, _ parameters: Nothing) throws -> Nothing {
    context.warning("one line was left out")
    return Nothing()
  }
}

enum Wait: Action {
  static let name = "wait"

  static func run(_ context: Context, _ parameters: Nothing) throws -> Nothing {
    let stop = try context.stopDescriptor()
    guard try context.poll([(stop, 1)], milliseconds: 0).isEmpty else {
      throw Failure(.bug, "stopped already")
    }
    context.info("waiting")
    _ = try context.poll([])
    throw Failure(.bug, "nothing to wait for, and yet it ended")
  }
}

/// Counts how many of it are alive.
final class Token {
  // SAFETY: the tests run one job at a time.
  nonisolated(unsafe) static var alive = 0
  init() { Self.alive += 1 }
  deinit { Self.alive -= 1 }
}

enum Clean: Action {
  struct Parameters: Codable { var end: String }

  static let name = "clean"
  static let cleanupMilliseconds = 5000

  static func run(_ context: Context, _ parameters: Parameters) throws -> Nothing {
    let end = parameters.end
    let before = Token.alive
    try context.always("count") { $0.info("alive \(Token.alive - before)") }
    let token = Token()
    try context.onFailure("undo \(end)") { [token] context in
      context.info("undone \(end)")
      if end == "stubborn" { throw Failure(.remote, "it does not go") }
      withExtendedLifetime(token) {}
    }
    let wanted = try context.onFailure("not this") { [token] context in
      context.info("dropped")
      withExtendedLifetime(token) {}
    }
    try wanted.drop()
    try wanted.drop()
    try context.hold { try context.checkpoint(1) }
    if end != "well" { throw Failure(.io, "as asked") }
    return Nothing()
  }
}

enum Model: Action {
  struct Result: Codable {
    var hostname: String?
    var cpus: Int64?
    var conflict: Int32 = 0
    var found = 0
    var left = 0
    var unknown = ""
  }

  static let name = "records"

  static func run(_ context: Context, _ parameters: Nothing) throws -> Result {
    var result = Result()
    let servers = try context.records("server")
    let id = try servers.create([
      ("hostname", "web-1"), ("cpus", 4), ("created_at", .instant(1_700_000_000_123)),
    ])
    let read = try servers.get(id, ["hostname", "cpus", "owner", "created_at"])
    result.hostname = read["hostname"].text
    result.cpus = read["cpus"].integer
    guard read["owner"] == .null, read["created_at"] == .instant(1_700_000_000_123) else {
      throw Failure(.bug, "read")
    }
    let version = try servers.set(id, [("owner", "ada")], version: read.version)
    do {
      try servers.set(id, [("owner", "bob")], version: read.version)
    } catch let failure as Failure { result.conflict = failure.code.rawValue }
    result.found = try servers.find("owner", "ada").count
    try servers.remove(id, version: version)
    result.left = try servers.find("hostname", "web-1").count
    do { _ = try servers.find("colour", "red") } catch let failure as Failure {
      result.unknown = failure.message
    }
    return result
  }
}

/// Many of these run at the same time, and want the same server.
enum Reserve: Action {
  struct Parameters: Codable { var hostname: String }
  struct Result: Codable {
    var id: Int64
    var isNew: Bool
  }

  static let name = "reserve"

  static func run(_ context: Context, _ parameters: Parameters) throws -> Result {
    let server = try context.records("server").findOrCreate(
      "hostname", .string(parameters.hostname), [("cpus", 2)])
    return Result(id: server.id, isNew: server.isNew)
  }
}

enum Stepwise: Action {
  struct Parameters: Codable { var broken: Bool }
  struct Result: Codable {
    var made: String
    var isToken: Bool
    var odd: Bool
    var found: String
    var again: String
  }

  static let name = "stepwise"
  static let repeats = Repeats.steps

  static func run(_ context: Context, _ parameters: Parameters) throws -> Result {
    var seen = ""
    let made = try context.step("make", find: .cannotTell) { token in
      seen = token
      return "vm-\u{e9}"
    }
    var odd = false
    do {
      try context.step("odd", find: .cannotTell) { _ in throw Odd(reason: "no power") }
    } catch is Odd { odd = true }
    // One that failed in this run is looked for first.
    func tried(_ name: String, _ find: StepSearch) throws -> String {
      do {
        try context.step(name, find: find) { _ in throw Failure(.remote, "the line is cut") }
      } catch is Failure {}
      return try context.step(name, find: find) { _ in "made again" }
    }
    let found = try tried("found", .look { _ in "it was there" })
    let again = try tried("again", .look { _ in nil })
    _ = try tried("key", .doAgain)
    if parameters.broken { _ = try tried("broken", .look { _ in throw Failure(.notFound, "no such host") }) }
    return Result(
      made: made, isToken: try seen == context.stepToken("make") && seen.hasPrefix("bh-"), odd: odd,
      found: found, again: again)
  }
}

/// Nobody can tell what came of it, but for its entry.
enum Once: Action {
  struct Parameters: Codable { var name: String }
  struct Result: Codable { var known: String }

  static let name = "once"
  static let repeats = Repeats.steps
  static let graceMilliseconds = 10_000

  static func run(_ context: Context, _ parameters: Parameters) throws -> Result {
    try context.step("only", find: .cannotTell) { _ in throw Failure(.unknown, "the line went dead") }
    throw Failure(.bug, "it went on")
  }
}

enum LookOnce: Reconcile {
  static let name = "once.look"
  static let actions: [any Action.Type] = [Once.self]

  static func run(_ context: Context) throws -> Answer {
    let name = try context.parameters(as: Once.Parameters.self).name
    guard try context.stepToken("only").hasPrefix("bh-"), context.lostJob.action == "once" else {
      return .failed("not the lost job")
    }
    try context.setResult(Once.Result(known: "looked for " + name))
    return .done
  }
}
