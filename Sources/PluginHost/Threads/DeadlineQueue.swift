import Threading

/// Points in time with what is to be done then, the next first. Pure: the clock is the caller's.
struct DeadlineQueue {
  typealias Action = @Sendable () -> Void

  /// The numbers of entries by their time. May hold some whose entry is gone.
  private var heap = TimeHeap<UInt64>()
  private var entries: [UInt64: (owner: ObjectIdentifier, action: Action)] = [:]
  private var numbers: [ObjectIdentifier: [UInt64]] = [:]
  private var lastNumber: UInt64 = 0

  var count: Int { entries.count }

  /// Items of the heap, dead ones among them.
  var heapCount: Int { heap.count }

  /// The next point in time; nil when there is none.
  var nextTime: Int64? { heap.first?.time }

  mutating func add(at time: Int64, owner: ObjectIdentifier, _ action: @escaping Action) {
    lastNumber += 1
    entries[lastNumber] = (owner, action)
    numbers[owner, default: []].append(lastNumber)
    heap.add(lastNumber, at: time)
  }

  /// Forgets all of an owner's entries and lets go of their memory.
  mutating func remove(owner: ObjectIdentifier) {
    for number in numbers.removeValue(forKey: owner) ?? [] { entries[number] = nil }
    dropGone()
  }

  /// Takes out what is due, in order.
  mutating func takeDue(now: Int64) -> [Action] {
    var due: [Action] = []
    while let first = heap.first, first.time <= now {
      heap.removeFirst()
      guard let entry = entries.removeValue(forKey: first.value) else { continue }
      if let left = numbers[entry.owner]?.filter({ $0 != first.value }) {
        numbers[entry.owner] = left.isEmpty ? nil : left
      }
      due.append(entry.action)
    }
    dropGone()
    return due
  }

  /// The heap's first item is always a living one, and dead ones never outweigh the living.
  private mutating func dropGone() {
    if heap.count > 64, heap.count > 2 * entries.count { heap.keep { entries[$0] != nil } }
    while let first = heap.first, entries[first.value] == nil { heap.removeFirst() }
  }
}
