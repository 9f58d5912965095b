package import DataModel
package import Storage
import Threading

/// Everything that this worker writes about its runs goes through here: one request on its way, and all that came
/// meanwhile goes in the next one. So a busy worker costs a few commits, not one a job, and an idle one waits for
/// nothing. While nobody serves the store, outcomes also go to the outbox. Any thread may call, except that one at a
/// time takes and settles.
package final class RunWriter: Sendable {
  struct Item {
    var write: RunWrite
    var onAnswer: (@Sendable (RunAnswer) -> Void)?
    /// It is in the outbox, and stays there until it is answered.
    var isKept = false

    /// A hello settles starts; all else is sent again after a connection ended in the middle: the store knows a
    /// finish that it has, and a hello with a thousand results would be too long.
    var isSettledByHello: Bool {
      switch write.act {
      case .start, .handBack: true
      default: false
      }
    }

    var isOutcome: Bool {
      if case .finish = write.act { true } else { false }
    }
  }

  /// What is sent in one request.
  package struct Batch: Sendable {
    let items: [Item]
    package var writes: [RunWrite] { items.map(\.write) }
    package var isEmpty: Bool { items.isEmpty }
  }

  /// What the writer is to do next.
  package enum Need: Sendable, Equatable {
    case nothing
    /// Send soon: log and progress wait a moment for company.
    case lazy
    case send
    /// Put outcomes into the outbox.
    case keep
    /// All is written, or nobody will take it.
    case end
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
    /// No connection: nothing can be sent.
    var isAway = true
    /// Requests in a row that the store refused.
    var failures = 0
    /// The outbox could not be written: not tried again before `retryOutbox`.
    var isOutboxBroken = false
    /// Outcomes in the outbox that the store has not answered.
    var kept = 0

    mutating func add(_ item: Item) {
      items.append(item)
      switch item.write.act {
      case .finish, .zombieReturned: lastLines[item.write.run] = nil
      default: break
      }
    }
  }

  /// Log and progress wait at most so long for company.
  package static let lazyMilliseconds: Int64 = 50
  /// An outbox that could not be written is tried again after so long.
  package static let outboxRetryMilliseconds: Int64 = 1000
  /// Lines that wait while nobody serves; more are counted, not kept.
  private static let maximumLogBytes = 4 << 20
  private static let maximumItems = 4096
  /// Lines in a row of one run go together; few enough that adding one is cheap.
  private static let maximumLinesOfItem = 64
  /// Texts of one request: far below what a frame may hold.
  private static let maximumBytes = 4 << 20

  private let state = Condition(State())
  private let outbox: (any Outbox)?
  private let log: WorkerLog

  package init(outbox: (any Outbox)?, log: WorkerLog) {
    self.outbox = outbox
    self.log = log
  }

  /// Sends a change of state soon; `onAnswer` is called by whoever settles.
  func send(_ write: RunWrite, _ onAnswer: (@Sendable (RunAnswer) -> Void)? = nil) {
    state.update {
      $0.add(Item(write: write, onAnswer: onAnswer))
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

  package func log(_ run: JobRun, _ line: LogLine) {
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

  package func progress(_ run: JobRun, _ progress: JobProgress) {
    state.update { $0.progress[run] = progress }
  }

  /// Whether there is a connection. Without one nothing is taken, and outcomes go to the outbox.
  package func noteLink(isUp: Bool) {
    state.update { $0.isAway = !isUp }
  }

  /// Ends the writer once everything is written.
  func close() {
    state.update { $0.isClosing = true }
  }

  /// Outcomes and changes that no answer has come for and that are not on their way.
  package var waiting: Int { state.withLock { $0.items.count } }
}

// MARK: the steps

extension RunWriter {
  package var need: Need { state.withLock { need($0) } }

  /// Waits until there is something to do, or the time has passed.
  func waitForNeed(milliseconds: Int64? = nil, _ isWanted: (Need) -> Bool) -> Need? {
    state.wait(milliseconds: milliseconds) { state in
      let need = need(state)
      return isWanted(need) ? need : nil
    }
  }

  private func need(_ state: State) -> Need {
    if state.isAway || state.failures > 0, outbox != nil, !state.isOutboxBroken,
      state.items.contains(where: { $0.isOutcome && !$0.isKept })
    {
      return .keep
    }
    let hasLazy = !state.items.isEmpty || !state.progress.isEmpty || !state.droppedLines.isEmpty
    if state.isClosing { return state.isAway || !hasLazy ? .end : .send }
    if state.isAway { return .nothing }
    return state.isUrgent ? .send : hasLazy ? .lazy : .nothing
  }

  /// What is to be sent now. Each batch that is taken has to be settled.
  package func take(_ now: Milliseconds) -> Batch {
    state.withLock { state in
      var items = state.progress.sorted { ($0.key.job, $0.key.fence) < ($1.key.job, $1.key.fence) }.map {
        Item(write: RunWrite($0.key, .progress($0.value)))
      }
      for (run, count) in state.droppedLines.sorted(by: { $0.key.job < $1.key.job }) {
        let text = "\(count) lines were dropped: they came faster than they could be stored"
        items.append(Item(write: RunWrite(run, .log([LogLine(at: now, level: 2, text: text)]))))
      }
      items += state.items
      let taken = Self.fitting(items)
      state.items = Array(items[taken...])
      items.removeSubrange(taken...)
      state.progress = [:]
      state.droppedLines = [:]
      state.logBytes = state.items.isEmpty ? 0 : state.items.reduce(0) { $0 + $1.write.logBytes }
      state.isUrgent = !state.items.isEmpty
      return Batch(items: items)
    }
  }

  /// Does what the answers say, or takes back what has to be sent again. How long to wait before the next request, in
  /// milliseconds; 0: not at all.
  package func settle(_ batch: Batch, _ answer: Result<[RunAnswer], StoreError>) -> Int64 {
    switch answer {
    case .success(let answers):
      settled(batch)
      for (item, answer) in zip(batch.items, answers) { item.onAnswer?(answer) }
      return 0
    case .failure(let error) where error.endsConnection:
      putBack(batch.items.filter { !$0.isSettledByHello }, isFailure: false)
      return 0
    case .failure(let error):
      // Nothing is given up: what cannot be written now (a full disk) is written when it can be.
      let failures = putBack(batch.items, isFailure: true)
      if failures.nonzeroBitCount == 1 {
        log.error("cannot write \(batch.items.count) changes of jobs, trying on: \(error)")
      }
      return min(Int64(failures) * 50, 1000)
    }
  }

  private func settled(_ batch: Batch) {
    let kept = batch.items.count { $0.isKept }
    let (hadFailed, isOutboxDone) = state.withLock { state in
      defer { state.failures = 0 }
      state.kept -= kept
      return (state.failures > 0, kept > 0 && state.kept == 0)
    }
    if hadFailed { log.info("changes of jobs can be written again") }
    if isOutboxDone { outbox?.clear() }
  }

  @discardableResult
  private func putBack(_ items: [Item], isFailure: Bool) -> Int {
    state.update { state in
      var back: [Item] = []
      for item in items {
        // Older than what came meanwhile.
        if case .progress(let progress) = item.write.act {
          if state.progress[item.write.run] == nil { state.progress[item.write.run] = progress }
        } else {
          back.append(item)
        }
      }
      state.logBytes += back.reduce(0) { $0 + $1.write.logBytes }
      state.items.insert(contentsOf: back, at: 0)
      state.isUrgent = !state.items.isEmpty
      state.failures = isFailure ? state.failures + 1 : 0
      return state.failures
    }
  }

  /// Puts the outcomes that wait into the outbox, so that they outlive this process. False when that did not work.
  package func keep() -> Bool {
    guard let outbox else { return true }
    let outcomes = state.withLock { state in
      state.items.compactMap { item -> KeptOutcome? in
        guard case .finish(let end) = item.write.act, !item.isKept else { return nil }
        return KeptOutcome(run: item.write.run, end: end)
      }
    }
    if outcomes.isEmpty { return true }
    do throws(OutboxError) {
      try outbox.append(outcomes)
      let kept = Set(outcomes.map(\.run))
      state.update { state in
        for index in state.items.indices
        where state.items[index].isOutcome && kept.contains(state.items[index].write.run) {
          state.items[index].isKept = true
          state.kept += 1
        }
      }
      return true
    } catch {
      state.update { $0.isOutboxBroken = true }
      log.error("\(outcomes.count) outcomes are kept in memory only: \(error)")
      return false
    }
  }

  /// After a failed `keep` and a pause.
  package func retryOutbox() {
    state.update { $0.isOutboxBroken = false }
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
}

extension RunWrite {
  /// What it counts against the limit of lines that wait.
  fileprivate var logBytes: Int {
    if case .log(let lines) = act { lines.reduce(0) { $0 + $1.text.utf8.count } } else { 0 }
  }

  /// About what its texts take on the wire.
  fileprivate var textBytes: Int {
    switch act {
    case .finish(let end):
      end.leftBehind.reduce(end.message.utf8.count + (end.result?.utf8.count ?? 0)) { $0 + $1.utf8.count }
    case .progress(let progress): progress.message.utf8.count
    case .log: logBytes
    default: 0
    }
  }
}
