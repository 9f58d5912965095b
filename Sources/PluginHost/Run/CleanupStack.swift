import CBulkheadPlugin

/// What is to be undone, last first. Pure.
struct CleanupStack {
  static let limit = 65_536

  /// The plug-in's function with its argument.
  // SAFETY: only carried from the call that pushes to the run's own thread, which calls it.
  struct Call: @unchecked Sendable {
    var function: bh_cleanup_fn
    var argument: UnsafeMutableRawPointer?
  }

  struct Entry {
    var id: UInt64
    var onFailOnly: Bool
    /// For people: "delete VM web-1".
    var what: String
    var call: Call
  }

  private var entries: [Entry] = []
  private var lastID: UInt64 = 0

  var isEmpty: Bool { entries.isEmpty }

  /// The new entry's id; nil when the stack is full.
  mutating func push(onFailOnly: Bool, what: String, _ call: Call) -> UInt64? {
    guard entries.count < Self.limit else { return nil }
    lastID += 1
    entries.append(Entry(id: lastID, onFailOnly: onFailOnly, what: what, call: call))
    return lastID
  }

  /// False when it is not on the stack.
  mutating func drop(_ id: UInt64) -> Bool {
    guard let index = entries.lastIndex(where: { $0.id == id }) else { return false }
    entries.remove(at: index)
    return true
  }

  mutating func pop() -> Entry? { entries.popLast() }
}
