import Threading

/// The one writer of a served store: a thread that takes all that waits and commits it at once, so that a hundred
/// small requests cost one fsync. Requests that take long by their nature (large submits) go one at a time, when
/// nothing else waits or when they have let so many commits go first as fits their size: so a cancel does not wait
/// behind ten thousand jobs, and those are not kept out for ever.
package final class WriteQueue: Sendable {
  private struct State: Sendable {
    var quick: [QueuedWrite] = []
    var slow: [QueuedWrite] = []
    /// Commits that went before the first of `slow`.
    var letGoFirst = 0
    var isClosing = false
  }

  /// Rows of one commit: more would keep the next ones waiting.
  private static let maximumCost = 4000
  /// Rows of a slow request for which it lets one more commit go first.
  private static let rowsPerTurn = 500

  private let state = Condition(State())
  private let store: SQLStore
  private let thread = Condition<OSThread?>(nil)

  package init(_ store: SQLStore) { self.store = store }

  package func start() {
    let started = OSThread("bh-writer") { [self] in run() }
    thread.update { $0 = started }
  }

  /// False when the queue is closing: nothing will be done.
  package func add(_ write: QueuedWrite, yields: Bool) -> Bool {
    state.update { state in
      if state.isClosing { return false }
      if yields { state.slow.append(write) } else { state.quick.append(write) }
      return true
    }
  }

  /// Takes nothing more, does what was taken, and returns when it is committed.
  package func close() {
    state.update { $0.isClosing = true }
    _ = thread.withLock { $0 }?.join()
  }

  private func run() {
    while let batch = state.wait({ Self.take(&$0) }) {
      if batch.isEmpty { return }
      store.write(batch)
    }
  }

  /// Nil: wait; empty: end.
  private static func take(_ state: inout State) -> [QueuedWrite]? {
    if let slow = state.slow.first {
      let isItsTurn = state.quick.isEmpty || state.letGoFirst > slow.cost / rowsPerTurn
      state.letGoFirst = isItsTurn ? 0 : state.letGoFirst + 1
      if isItsTurn { return [state.slow.removeFirst()] }
    }
    if state.quick.isEmpty { return state.isClosing ? [] : nil }
    var cost = 0
    var count = 0
    while count < state.quick.count, count == 0 || cost + state.quick[count].cost <= maximumCost {
      cost += state.quick[count].cost
      count += 1
    }
    let batch = Array(state.quick[..<count])
    state.quick.removeFirst(count)
    return batch
  }
}

/// A thread that does one thing after the other, for what must not hold up the socket.
final class TaskThread: Sendable {
  private struct State: Sendable {
    var tasks: [@Sendable () -> Void] = []
    var isClosing = false
  }

  private let state = Condition(State())
  private let thread = Condition<OSThread?>(nil)

  func start(_ name: String) {
    let started = OSThread(name) { [self] in
      while let tasks = state.wait({ Self.take(&$0) }), !tasks.isEmpty {
        for task in tasks { task() }
      }
    }
    thread.update { $0 = started }
  }

  func add(_ task: @escaping @Sendable () -> Void) {
    state.update { $0.tasks.append(task) }
  }

  /// Does what was added and ends.
  func close() {
    state.update { $0.isClosing = true }
    _ = thread.withLock { $0 }?.join()
  }

  private static func take(_ state: inout State) -> [@Sendable () -> Void]? {
    if state.tasks.isEmpty { return state.isClosing ? [] : nil }
    defer { state.tasks = [] }
    return state.tasks
  }
}
