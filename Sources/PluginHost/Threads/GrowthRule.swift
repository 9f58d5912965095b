/// When the pool gives waiting work another thread. Pure: the dispatcher asks it every tick.
///
/// Two wishes meet here: hours-long jobs must each get a thread at once, and a burst of 20,000 jobs that do
/// nothing must be drained by the few threads that run already, not by 20,000 new ones. Nobody knows
/// beforehand which kind a job is, so the rule looks at the flow: while work returns so fast that the queue
/// would be empty within `patienceTicks`, nobody is added. When nothing returns, the batch doubles, unless the
/// newest work is computing: then it is cores that are missing, and threads are added one by one.
struct GrowthRule {
  static let tickNanoseconds: Int64 = 100_000
  static let patienceTicks = 500
  static let largestBatch = 64

  /// What the pool looks like now.
  struct Facts {
    /// Work that waits.
    var queued: Int
    /// Threads that sleep for want of work.
    var idle: Int
    /// Threads that were woken or made and have not come to the queue yet.
    var coming: Int
    /// Threads that count against the limit.
    var live: Int
    var limit: Int
    var cores: Int
    /// Work that has returned since the start.
    var returned: UInt64
  }

  enum Step: Equatable {
    /// Nothing to do until somebody says that something has changed.
    case rest
    /// Look again after a tick.
    case wait
    /// Wake or make so many threads, then look again after a tick.
    case add(Int)
  }

  private var returnedBefore: UInt64 = 0
  private var batch = 1

  /// `isComputing`: whether the newest work is on a core or waits for one. Asked only when nothing returns.
  mutating func step(_ facts: Facts, isComputing: () -> Bool) -> Step {
    let room = facts.idle + max(facts.limit - facts.live, 0)
    guard facts.queued > 0, room > 0 else {
      returnedBefore = facts.returned
      batch = 1
      return .rest
    }
    if facts.coming > 0 { return .wait }
    let busy = facts.live - facts.idle
    let returned = Int(facts.returned &- returnedBefore)
    returnedBefore = facts.returned
    if busy < facts.cores {
      return .add(min(facts.cores - busy, facts.queued, room))
    }
    if returned > 0 {
      batch = 1
      return facts.queued / returned < Self.patienceTicks ? .wait : .add(1)
    }
    if isComputing() {
      batch = 1
      return .add(1)
    }
    defer { batch = min(batch * 2, Self.largestBatch) }
    return .add(min(batch, facts.queued, room))
  }
}
