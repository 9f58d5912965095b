/// What is to happen, the next first; what falls on the same time happens in the order in which it was put in.
struct EventQueue {
  private struct Event {
    let time: Int64
    let number: UInt64
    let action: () -> Void
  }

  private var heap: [Event] = []
  private var lastNumber: UInt64 = 0

  mutating func add(at time: Int64, _ action: @escaping () -> Void) {
    lastNumber += 1
    heap.append(Event(time: time, number: lastNumber, action: action))
    var index = heap.count - 1
    while index > 0, precedes(index, (index - 1) / 2) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func next() -> (time: Int64, action: () -> Void)? {
    guard let first = heap.first else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    sink()
    return (first.time, first.action)
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].number) < (heap[right].time, heap[right].number)
  }

  private mutating func sink() {
    var index = 0
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
