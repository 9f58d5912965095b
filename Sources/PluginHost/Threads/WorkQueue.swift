/// One piece of work for a job thread.
package typealias JobWork = @Sendable () -> Void

/// Work in the order of its arrival. Taking is O(1) and lets go of the work's memory at once.
struct WorkQueue {
  private var items: [JobWork?] = []
  private var head = 0

  var count: Int { items.count - head }
  var isEmpty: Bool { head == items.count }

  mutating func append(_ works: [JobWork]) {
    items.append(contentsOf: works.lazy.map(Optional.some))
  }

  mutating func append(_ work: @escaping JobWork) {
    items.append(work)
  }

  mutating func take() -> JobWork? {
    guard head < items.count else { return nil }
    let work = items[head]
    items[head] = nil
    head += 1
    if head == items.count {
      items.removeAll(keepingCapacity: head <= 4096)
      head = 0
    } else if head >= 4096, head * 2 >= items.count {
      items.removeFirst(head)
      head = 0
    }
    return work
  }
}
