/// When the pool gives waiting work another thread. Pure: the dispatcher asks it every tick.
///
/// Two wishes meet here: hours-long jobs must each get a thread at once, and a burst of 20,000 jobs that do
/// nothing must be drained by the few threads that run already, not by 20,000 new ones. Nobody knows
/// beforehand which kind a job is, so the rule looks at the flow: while threads take work so fast that the queue
/// would be empty within `patienceTicks`, nobody is added; when nothing was taken, the batch doubles.
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
    /// Work taken since the start.
    var taken: UInt64
  }

  enum Step: Equatable {
    /// Nothing to do until somebody says that something has changed.
    case rest
    /// Look again after a tick.
    case wait
    /// Wake or make so many threads, then look again after a tick.
    case add(Int)
  }

  private var takenBefore: UInt64 = 0
  private var batch = 1

  mutating func step(_ facts: Facts) -> Step {
    let room = facts.idle + max(facts.limit - facts.live, 0)
    guard facts.queued > 0, room > 0 else {
      takenBefore = facts.taken
      batch = 1
      return .rest
    }
    if facts.coming > 0 { return .wait }
    let busy = facts.live - facts.idle
    let taken = Int(facts.taken &- takenBefore)
    takenBefore = facts.taken
    if busy < facts.cores {
      return .add(min(facts.cores - busy, facts.queued, room))
    }
    if taken > 0 {
      batch = 1
      return facts.queued / taken < Self.patienceTicks ? .wait : .add(1)
    }
    defer { batch = min(batch * 2, Self.largestBatch) }
    return .add(min(batch, facts.queued, room))
  }
}
