import ArgumentParser
import DataModel
import JobEngine
import Storage
import Supervision
import Threading

struct StopCommand: EngineVerb {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "End the engine, by default when its running jobs have ended.",
    discussion: """
      Drains: nothing new starts, running jobs finish, then the engine ends. Jobs that wait are kept for the next one.

      Examples:
        bulkhead stop
        bulkhead stop --cancel
        bulkhead stop --no-wait

      Asking again goes further: `bulkhead stop`, then `bulkhead stop --cancel`, then `bulkhead stop --now`. Ctrl-C \
      while waiting leaves the engine ending (exit code 130).

      With --json: {"pid","mode","active_jobs","ended"}; ended is false with --no-wait.

      Exit codes: 0 the engine has ended (with --no-wait: it was told), 64 wrong use, 69 no engine, 70 fault of \
      bulkhead.
      """)

  @Flag(help: "Cancel the running jobs, with their clean-up.")
  var cancel = false

  @Flag(help: "Kill the workers: their running jobs are lost, or run again if they are idempotent.")
  var now = false

  @Flag(help: "Do not wait until the engine has ended.")
  var noWait = false

  @OptionGroup var engine: EngineOptions

  func validate() throws {
    if cancel && now { throw ValidationError("--cancel and --now exclude each other: give one of them") }
  }

  private var mode: ServeStop.Mode { now ? .now : cancel ? .cancel : .drain }

  func act() throws {
    let shows = !engine.json
    if !noWait {
      let status = engine.hint("status")
      Interrupts.handle {
        (shows ? Terminal.output : Terminal.errors).line("\nthe engine goes on to end; see `\(status)`")
      }
    }
    let connection = try connect()
    let process = try connection.serving().process
    // Taken hold of before it is told: its end cannot be missed, nor mistaken for another process with its number.
    let handle = ProcessHandle(pid: process.pid, startTicks: process.startTicks, isChild: false)
    let jobs = try connection.stop(mode)
    if shows { Terminal.output.line(StopText.told(mode, jobs: jobs, further: engine.hint("stop --cancel"))) }
    if !noWait {
      if let handle {
        waitForEnd(of: handle, over: connection, jobs: jobs)
      } else {
        waitForSilence(over: connection)
      }
      if shows { Terminal.output.line("the engine has ended") }
    }
    if engine.json {
      let document: JSONText = [
        "pid": .integer(Int64(process.pid)), "mode": .string(StopText.name(mode)),
        "active_jobs": .integer(jobs),
        "ended": .bool(!noWait),
      ]
      Terminal.output.line(document.text)
    }
  }

  /// Watches the process itself, and shows how many jobs are left.
  private func waitForEnd(of handle: ProcessHandle, over connection: EngineConnection, jobs: Int) {
    let begun = MonotonicClock.nanoseconds
    let isBar = !engine.json && Terminal.output.isInteractive
    var last = jobs
    while handle.waitForEnd(milliseconds: 500) == nil {
      let elapsed = (MonotonicClock.nanoseconds - begun) / 1_000_000
      let left = (try? connection.client.nodes())?.reduce(0) { $0 + $1.activeJobs } ?? 0
      if isBar {
        let line = StopText.left(left) + "  " + DurationText.text(milliseconds: elapsed)
        Terminal.output.redraw(DisplayWidth.truncate(line, to: (Terminal.output.width ?? 80) - 1))
      } else if !engine.json, left != last {
        Terminal.output.line(StopText.left(left))
      }
      last = left
    }
    if isBar { Terminal.output.redraw("") }
  }

  /// The engine's process cannot be seen from here: it has ended when nobody answers.
  private func waitForSilence(over connection: EngineConnection) {
    let pause = Bell()
    while (try? connection.reconnected(untilNanoseconds: 0)) != nil { pause.wait(milliseconds: 500) }
  }
}

/// What `stop` says. Pure.
enum StopText {
  static func name(_ mode: ServeStop.Mode) -> String {
    switch mode {
    case .drain: "drain"
    case .cancel: "cancel"
    case .now: "now"
    }
  }

  static func told(_ mode: ServeStop.Mode, jobs: Int, further: String) -> String {
    switch mode {
    case .drain:
      "draining: \(count(jobs)) running" + (jobs > 0 ? "; `\(further)` cancels them" : "")
    case .cancel: "cancelling \(count(jobs)), with their clean-up"
    case .now: "killing the workers of \(count(jobs))"
    }
  }

  static func left(_ jobs: Int) -> String { "ending: \(count(jobs)) left" }

  static func count(_ jobs: Int) -> String { jobs == 1 ? "1 job" : "\(jobs) jobs" }
}
