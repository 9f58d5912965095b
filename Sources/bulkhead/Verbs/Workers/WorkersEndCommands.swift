import ArgumentParser
import DataModel
import JobEngine
import Storage
import Supervision
import Threading

struct WorkersDrainCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "End a worker when its jobs have ended; another takes its place at once.",
    discussion: """
      Example:
        bulkhead workers drain 3

      What it has not started goes back and is run by another worker; what runs goes on to its end.

      With --json: {"worker","pid","mode","ended"}; ended is false: it ends later.

      Exit codes: 0 told, 6 no such worker, 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(help: WorkerArgument.help, transform: WorkerArgument.parse) var worker: NodeID
  @OptionGroup var engine: EngineOptions

  func act() throws {
    let process = try connect().command(worker, .drain)
    if engine.json {
      Terminal.output.line(WorkerEnding.json(worker, process, "drain", ended: false).text)
    } else {
      Terminal.output.line("worker \(worker) (process \(process.pid)) drains; another takes its place")
    }
  }
}

struct WorkersKillCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "kill",
    abstract: "Kill a worker, and settle its jobs when its end is proven.",
    discussion: """
      Example:
        bulkhead workers kill 3

      For a worker that is stopped or silent. Its started jobs are lost, or run again if their action is idempotent; \
      what it had not started goes back. What it left behind is killed before any of this.

      With --json: {"worker","pid","mode","ended"}.

      Exit codes: 0 it has ended and its jobs are settled, 6 no such worker, 7 refused (its end cannot be seen), \
      64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Argument(help: WorkerArgument.help, transform: WorkerArgument.parse) var worker: NodeID
  @OptionGroup var engine: EngineOptions

  private static let patienceNanoseconds: Int64 = 30_000_000_000

  func act() throws {
    let connection = try connect()
    let process = try connection.command(worker, .kill)
    let limit = MonotonicClock.nanoseconds + Self.patienceNanoseconds
    let pause = Bell()
    // Its row ends last: after the process, what it left, and its jobs.
    while try connection.client.nodes().contains(where: { $0.id == worker }) {
      guard MonotonicClock.nanoseconds < limit else {
        throw EngineError(
          .refused, "worker \(worker) (process \(process.pid)) was killed and has not ended yet",
          cure: "it may hang in the kernel; look at /proc/\(process.pid)/stack, and again with "
            + "`\(engine.hint("workers list"))`")
      }
      pause.wait(milliseconds: 20)
    }
    if engine.json {
      Terminal.output.line(WorkerEnding.json(worker, process, "kill", ended: true).text)
    } else {
      Terminal.output.line("worker \(worker) (process \(process.pid)) has ended; its jobs are settled")
    }
  }
}

private enum WorkerEnding {
  static func json(_ worker: NodeID, _ process: ProcessIdentity, _ mode: String, ended: Bool) -> JSONText {
    [
      "worker": .integer(worker.rawValue), "pid": .integer(Int64(process.pid)), "mode": .string(mode),
      "ended": .bool(ended),
    ]
  }
}
