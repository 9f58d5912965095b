/// Values by a point in time, the least first; what falls on the same time comes in the order in which it was put in.
/// A binary heap: O(log n) to put in and to take out. Not for several threads at once.
package struct TimeHeap<Value> {
  package struct Item {
    package let time: Int64
    package let number: UInt64
    package let value: Value
  }

  private var items: [Item] = []
  private var lastNumber: UInt64 = 0

  package init() {}

  package var count: Int { items.count }
  package var first: Item? { items.first }

  package mutating func add(_ value: Value, at time: Int64) {
    lastNumber += 1
    items.append(Item(time: time, number: lastNumber, value: value))
    var index = items.count - 1
    while index > 0, precedes(index, (index - 1) / 2) {
      items.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  @discardableResult
  package mutating func removeFirst() -> Item? {
    guard let first = items.first else { return nil }
    items.swapAt(0, items.count - 1)
    items.removeLast()
    sink(0)
    return first
  }

  /// Forgets all others.
  package mutating func keep(_ isKept: (Value) -> Bool) {
    items = items.filter { isKept($0.value) }
    for index in stride(from: items.count / 2 - 1, through: 0, by: -1) { sink(index) }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (items[left].time, items[left].number) < (items[right].time, items[right].number)
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < items.count && precedes(child, least) {
        least = child
      }
      if least == index { return }
      items.swapAt(index, least)
      index = least
    }
  }
}
