/// Points in time with what is to be done then, the next first. Pure: the clock is the caller's.
struct DeadlineQueue {
  typealias Action = @Sendable () -> Void

  private struct Item {
    var time: Int64
    var number: UInt64
  }

  /// A binary heap by (time, number). May hold items whose entry is gone.
  private var heap: [Item] = []
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
    heap.append(Item(time: time, number: lastNumber))
    rise(heap.count - 1)
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
      popFirst()
      guard let entry = entries.removeValue(forKey: first.number) else { continue }
      if let left = numbers[entry.owner]?.filter({ $0 != first.number }) {
        numbers[entry.owner] = left.isEmpty ? nil : left
      }
      due.append(entry.action)
    }
    dropGone()
    return due
  }

  /// The heap's first item is always a living one, and dead ones never outweigh the living.
  private mutating func dropGone() {
    if heap.count > 64, heap.count > 2 * entries.count {
      heap = heap.filter { entries[$0.number] != nil }
      for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }
    while let first = heap.first, entries[first.number] == nil { popFirst() }
  }

  private mutating func popFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    sink(0)
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].number) < (heap[right].time, heap[right].number)
  }

  private mutating func rise(_ start: Int) {
    var index = start
    while index > 0, precedes(index, (index - 1) / 2) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && precedes(child, least) {
        least = child
      }
      if least == index { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
