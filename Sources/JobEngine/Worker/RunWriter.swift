import DataModel
import Storage
import Threading

/// Everything that this worker writes about its runs goes through here: one thread, one request on its way,
/// and all that came meanwhile goes in the next one. So a busy worker costs a few commits, not one a job, and an
/// idle one waits for nothing.
final class RunWriter: Sendable {
  private struct Item {
    var write: RunWrite
    var onAnswer: (@Sendable (RunAnswer) -> Void)?

    /// A hello settles starts; all else is sent again after a connection ended in the middle: the store knows a
    /// finish that it has, and a hello with a thousand results would be too long.
    var isSettledByHello: Bool {
      switch write.act {
      case .start, .handBack: true
      default: false
      }
    }
  }

  private struct State {
    var items: [Item] = []
    /// The newest progress of each run.
    var progress: [JobRun: JobProgress] = [:]
    var logBytes = 0
    /// The number of the last line of each run that has logged and has not returned.
    var lastLines: [JobRun: Int64] = [:]
    var droppedLines: [JobRun: Int] = [:]
    var isUrgent = false
    var isClosing = false

    mutating func add(_ item: Item) {
      items.append(item)
      switch item.write.act {
      case .finish, .zombieReturned: lastLines[item.write.run] = nil
      default: break
      }
    }
  }

  /// Log and progress wait at most so long for company.
  private static let lazyMilliseconds: Int64 = 50
  /// Lines that wait while nobody serves; more are counted, not kept.
  private static let maximumLogBytes = 4 << 20
  private static let maximumItems = 4096
  /// Lines in a row of one run go together; few enough that adding one is cheap.
  private static let maximumLinesOfItem = 64
  /// Texts of one request: far below what a frame may hold.
  private static let maximumBytes = 4 << 20

  private let state = Condition(State())
  private let session: StoreSession

  init(session: StoreSession) { self.session = session }

  /// Sends a change of state soon; `onAnswer` is called from the writer's thread.
  func send(_ write: RunWrite, _ onAnswer: (@Sendable (RunAnswer) -> Void)? = nil) {
    send([write], onAnswer)
  }

  func send(_ writes: [RunWrite], _ onAnswer: (@Sendable (RunAnswer) -> Void)?) {
    state.update {
      for write in writes { $0.add(Item(write: write, onAnswer: onAnswer)) }
      $0.isUrgent = true
    }
  }

  /// Sends several changes, each with its own answer.
  func send(_ writes: [(RunWrite, @Sendable (RunAnswer) -> Void)]) {
    state.update {
      for (write, onAnswer) in writes { $0.add(Item(write: write, onAnswer: onAnswer)) }
      $0.isUrgent = true
    }
  }

  func log(_ run: JobRun, _ line: LogLine) {
    state.update {
      guard $0.logBytes + line.text.utf8.count <= Self.maximumLogBytes else {
        $0.droppedLines[run, default: 0] += 1
        return
      }
      $0.logBytes += line.text.utf8.count
      var line = line
      line.id = $0.lastLines[run, default: 0] + 1
      $0.lastLines[run] = line.id
      if let last = $0.items.indices.last, $0.items[last].write.run == run,
        case .log(let lines) = $0.items[last].write.act, lines.count < Self.maximumLinesOfItem
      {
        $0.items[last].write.act = .log(lines + [line])
      } else {
        $0.items.append(Item(write: RunWrite(run, .log([line]))))
      }
    }
  }

  func progress(_ run: JobRun, _ progress: JobProgress) {
    state.update { $0.progress[run] = progress }
  }

  /// Ends the thread once everything is written.
  func close() {
    state.update { $0.isClosing = true }
  }

  /// The writer's thread.
  func run(now: @Sendable () -> Milliseconds) {
    var failures = 0
    while true {
      waitForWork()
      let (items, isClosing) = take(now())
      if items.isEmpty {
        if isClosing { return }
        continue
      }
      do {
        let answers = try session.perform(
          { WriteRuns(node: $0, items: items.map(\.write)) }, repeated: false)
        if failures > 0 { EngineLog.info("changes of jobs can be written again") }
        failures = 0
        for (item, answer) in zip(items, answers) { item.onAnswer?(answer) }
      } catch  where error.code == .inDoubt {
        putBack(items.filter { !$0.isSettledByHello })
      } catch {
        if session.isOver { return }
        // Nothing is given up: what cannot be written now (a full disk) is written when it can be.
        failures += 1
        if failures.nonzeroBitCount == 1 {
          EngineLog.error("cannot write \(items.count) changes of jobs, trying on: \(error)")
        }
        putBack(items)
        session.pause(milliseconds: min(Int64(failures) * 50, 1000))
      }
    }
  }

  private func waitForWork() {
    let isUrgent = state.wait { state -> Bool? in
      if state.isUrgent || state.isClosing { return true }
      return state.items.isEmpty && state.progress.isEmpty && state.droppedLines.isEmpty ? nil : false
    }
    if isUrgent == false {
      _ = state.wait(milliseconds: Self.lazyMilliseconds) { $0.isUrgent || $0.isClosing ? true : nil }
    }
  }

  private func take(_ now: Milliseconds) -> ([Item], isClosing: Bool) {
    state.withLock { state in
      var items = state.progress.map { Item(write: RunWrite($0.key, .progress($0.value))) }
      for (run, count) in state.droppedLines {
        let text = "\(count) lines were dropped: they came faster than they could be stored"
        items.append(Item(write: RunWrite(run, .log([LogLine(at: now, level: 2, text: text)]))))
      }
      items += state.items
      let taken = Self.fitting(items)
      state.items = Array(items[taken...])
      items.removeSubrange(taken...)
      state.progress = [:]
      state.droppedLines = [:]
      state.logBytes = 0
      state.isUrgent = !state.items.isEmpty
      return (items, state.isClosing)
    }
  }

  /// How many of the first items make one request: one at least.
  private static func fitting(_ items: [Item]) -> Int {
    var bytes = 0
    for (index, item) in items.prefix(maximumItems).enumerated() {
      bytes += item.write.textBytes
      if bytes > maximumBytes { return max(index, 1) }
    }
    return min(items.count, maximumItems)
  }

  private func putBack(_ items: [Item]) {
    state.update {
      $0.items.insert(contentsOf: items, at: 0)
      $0.isUrgent = !$0.items.isEmpty
    }
  }
}

extension RunWrite {
  /// About what its texts take on the wire.
  fileprivate var textBytes: Int {
    switch act {
    case .finish(let end):
      end.leftBehind.reduce(end.message.utf8.count + (end.result?.utf8.count ?? 0)) { $0 + $1.utf8.count }
    case .progress(let progress): progress.message.utf8.count
    case .log(let lines): lines.reduce(0) { $0 + $1.text.utf8.count }
    default: 0
    }
  }
}
