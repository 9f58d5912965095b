// my-plugin: one action that makes the record of an environment and prepares it step by step. It shows what nearly
// every action needs: parameters, progress, points where it can be cancelled, a record, and an undo. Make it yours.
import BulkheadPlugin

public let plugin = Plugin(id: "my-plugin", version: "1.0.0", actions: [CreateEnvironment.self])

@c(bh_plugin_entry)
public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.entry(host) }

/// The manifest is made from these types, by `make`.
enum CreateEnvironment: Action {
  struct Parameters: Codable {
    var name: String
    var steps: Int
    var pause_ms: Int
  }

  struct Result: Codable {
    var environment: Int64
    var steps: Int
  }

  static let name = "environment.create"
  static let title = "Create an environment"
  static let description = "Makes the record of an environment and prepares it step by step."
  static let keywords = [
    "name": Keywords(title: "Name of the environment", minLength: 1, maxLength: 100),
    "steps": Keywords(title: "How many steps to take", default: 5, minimum: 1, maximum: 100),
    "pause_ms": Keywords(title: "Pause after each step", default: 100, minimum: 0, maximum: 60_000),
  ]

  /// What this run has made so far; the undo reads it after `run` has ended.
  private final class Made {
    var record: Int64?
  }

  /// Whatever is thrown ends the action: the engine gets its code and text, and the undo runs.
  static func run(_ context: Context, _ parameters: Parameters) throws -> Result {
    // The undo first, then what it undoes: so no instant lies between them.
    let made = Made()
    try context.onFailure("delete the record of the environment \(parameters.name)") { context in
      if let record = made.record { try context.records("environment").remove(record) }
    }

    let environments = try context.records("environment")
    // No stop may come between the record and our knowing its id.
    let record = try context.hold { try environments.create([("name", .string(parameters.name))]) }
    made.record = record

    for step in 0..<parameters.steps {
      context.progress(step, of: parameters.steps, "preparing \(parameters.name)")
      // The work of one step goes here. In long loops of your own, call context.checkpoint() in the same way.
      try context.sleep(milliseconds: parameters.pause_ms)  // ends at once when the job is cancelled
    }

    context.progress(parameters.steps, of: parameters.steps, "ready")
    context.info("environment \(parameters.name) is ready")
    return Result(environment: record, steps: parameters.steps)
  }
}
