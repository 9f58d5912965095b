import ArgumentParser
import DataModel
import JobEngine
import Storage

struct WorkersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workers",
    abstract: "Look at the processes that run jobs, and end one.",
    discussion: """
      Examples:
        bulkhead workers list
        bulkhead workers kill 3
      """,
    subcommands: [
      WorkersListCommand.self, WorkersShowCommand.self, WorkersDrainCommand.self, WorkersKillCommand.self,
    ])
}

/// The number of a worker, as `workers list` prints it.
enum WorkerArgument {
  static let help = ArgumentHelp("The worker's number: 3 or w3.", valueName: "worker")

  static func parse(_ text: String) throws -> NodeID {
    let digits = text.hasPrefix("w") ? text.dropFirst() : text[...]
    guard let number = Int64(digits), number > 0 else {
      throw ValidationError("\"\(text)\" is no worker's number; see `bulkhead workers list`")
    }
    return NodeID(number)
  }

  static func find(_ node: NodeID, in workers: [WorkerFacts], _ engine: EngineOptions) throws -> WorkerFacts {
    if let worker = workers.first(where: { $0.node.id == node }) { return worker }
    throw EngineError(
      .notFound, "there is no worker \(node) that has not ended", cure: "see `\(engine.hint("workers list"))`"
    )
  }
}
