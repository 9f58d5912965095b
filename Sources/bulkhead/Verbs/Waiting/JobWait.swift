import ArgumentParser
import DataModel
import JobEngine
import Storage
import Threading

/// Waits until jobs have come to rest, shows how they go, and holds on when the engine goes away for a while:
/// jobs run on without it.
struct JobWait {
  private struct State {
    var screen: WaitScreen
    /// Jobs that have not come to rest; nil until they are known.
    var open: [JobID]?
  }

  private let options: EngineOptions
  private let patience: Milliseconds
  private let state: Threading.Condition<State>

  /// Takes Ctrl-C over: call it before the connection is made.
  init(options: EngineOptions, patience: PatienceOption) {
    self.options = options
    self.patience = patience.milliseconds
    let mode: WaitScreen.Mode =
      options.json ? .silent : Terminal.output.isInteractive ? .bar : .lines
    let state = Threading.Condition(State(screen: WaitScreen(mode: mode)))
    self.state = state
    Interrupts.handle {
      state.withLock { $0.screen.tell(Self.farewell($0.open, options)) }
    }
  }

  /// The jobs' last rows, in the order of the ids.
  func wait(for ids: [JobID], over connection: EngineConnection) throws(EngineError) -> [JobRow] {
    state.withLock { $0.open = ids }
    var connection = connection
    var rows: [JobRow] = []
    for (index, id) in ids.enumerated() {
      let row = try wait(for: id, place: index + 1, count: ids.count, over: &connection)
      state.withLock { state in
        state.screen.end(row)
        state.open?.removeFirst()
      }
      rows.append(row)
    }
    return rows
  }

  private func wait(
    for id: JobID, place: Int, count: Int, over connection: inout EngineConnection
  ) throws(EngineError) -> JobRow {
    var limit: Int64?
    while true {
      do {
        return try connection.client.watch(id) { row in
          limit = nil
          state.withLock { $0.screen.show(row, place: place, count: count, now: WallClock.milliseconds) }
          return true
        }
      } catch  where error.code == .noEngine || error.code == .store {
        if limit == nil { state.withLock { $0.screen.tell([Self.away(error, patience)]) } }
        let end = limit ?? MonotonicClock.nanoseconds + patience * 1_000_000
        limit = end
        connection = try reconnect(connection, id, untilNanoseconds: end)
      }
    }
  }

  private func reconnect(
    _ connection: EngineConnection, _ id: JobID, untilNanoseconds limit: Int64
  ) throws(EngineError) -> EngineConnection {
    do throws(EngineError) {
      // An engine that answers only to fail again is not asked without a pause.
      Bell().wait(milliseconds: 100)
      guard MonotonicClock.nanoseconds < limit else { throw EngineError(.noEngine, "it does not answer") }
      return try connection.reconnected(untilNanoseconds: limit)
    } catch {
      state.withLock { $0.screen.tell([]) }
      let time = DurationText.text(milliseconds: patience)
      let (serve, follow) = (options.hint("serve"), options.hint("jobs wait \(id)"))
      throw EngineError(
        .noEngine, "the engine did not come back within \(time): \(error.message)",
        cure: "job \(id) may run on in its worker; start the engine with `\(serve)`, then `\(follow)`")
    }
  }

  private static func away(_ error: EngineError, _ patience: Milliseconds) -> String {
    let time = DurationText.text(milliseconds: patience)
    return
      "the engine went away (\(SafeText.escape(error.message))); trying again for \(time), the job goes on"
  }

  /// What a user who leaves is told.
  private static func farewell(_ open: [JobID]?, _ options: EngineOptions) -> [String] {
    guard let open else {
      return ["interrupted; see `\(options.hint("jobs list"))` for whether the job was made"]
    }
    guard let first = open.first else { return [] }
    let what = open.count > 1 ? "\(open.count) jobs go on, the next is job \(first)" : "job \(first) goes on"
    return [
      "detached: \(what)",
      "  follow it:  \(options.hint("jobs wait \(first)"))",
      "  look at it: \(options.hint("jobs show \(first)")), \(options.hint("jobs logs \(first)"))",
      "  cancel it:  \(options.hint("jobs cancel \(first)"))",
    ]
  }
}

/// How long an engine may be away while a verb waits.
struct PatienceOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long to try an engine that went away while waiting. (default: 30s)", valueName: "duration"),
    transform: DurationArgument.parse)
  var patience: Int64?

  var milliseconds: Milliseconds { patience ?? 30_000 }
}
