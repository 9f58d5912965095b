import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

struct RestartCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "restart",
    abstract: "Let the engine become the program that its file holds now; jobs go on.",
    discussion: """
      For an upgrade: put the new bulkhead in the place of the old one, then restart. The engine keeps its process \
      id and its command line; its workers, and what they run, go on in the old version until they are drained \
      (`bulkhead workers drain`). A file that cannot run is refused, and the engine serves on.

      Example:
        bulkhead restart --wait

      With --json: {"pid","version","restarted"}; the version is that of the file, restarted is false without --wait.

      Exit codes: 0 the engine restarts (with --wait: it serves again), 7 refused (the file does not run, the engine \
      is ending), 64 wrong use, 69 no engine, 70 fault of bulkhead.
      """)

  @Flag(help: "Wait until the engine serves again.")
  var wait = false

  @OptionGroup var engine: EngineOptions

  private static let patienceNanoseconds: Int64 = 60_000_000_000

  func act() throws {
    let connection = try connect()
    let before = try connection.serving()
    let version = try connection.restart()
    if !engine.json {
      Terminal.output.line(
        "the engine (process \(before.process.pid)) becomes version \(SafeText.escape(version))")
    }
    if wait { try waitUntilServing(over: connection, since: before.since) }
    if engine.json {
      let document: JSONText = [
        "pid": .integer(Int64(before.process.pid)), "version": .string(version), "restarted": .bool(wait),
      ]
      Terminal.output.line(document.text)
    } else if wait {
      Terminal.output.line("it serves again")
    }
  }

  private func waitUntilServing(over connection: EngineConnection, since: Milliseconds) throws {
    let limit = MonotonicClock.nanoseconds + Self.patienceNanoseconds
    let pause = Bell()
    while true {
      let next = try connection.reconnected(untilNanoseconds: limit)
      if let status = try? next.serving(), status.since != since { return }
      guard MonotonicClock.nanoseconds < limit else {
        throw EngineError(.noEngine, "the engine has not restarted within a minute", cure: "look at its log")
      }
      pause.wait(milliseconds: 20)
    }
  }
}
