import Threading

/// What is to happen in a world, the next first; what falls on the same time happens in the order in which it was put in.
struct EventQueue {
  private var events = TimeHeap<() -> Void>()

  mutating func add(at time: Int64, _ action: @escaping () -> Void) { events.add(action, at: time) }

  mutating func next() -> (time: Int64, action: () -> Void)? {
    events.removeFirst().map { ($0.time, $0.value) }
  }
}
