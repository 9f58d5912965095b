package import DataModel

/// The process behind a node, so that its end can be proven: a pid alone may be used again.
package struct ProcessIdentity: Sendable, Equatable {
  package var pid: Int32
  /// Start time in clock ticks since boot (field 22 of /proc/PID/stat).
  package var startTicks: Int64
  /// /proc/sys/kernel/random/boot_id
  package var bootID: String

  package init(pid: Int32, startTicks: Int64, bootID: String) {
    self.pid = pid
    self.startTicks = startTicks
    self.bootID = bootID
  }
}

/// A worker's first word on every connection: who it is and all that it holds.
/// In one transaction the store makes its rows agree with the inventory and answers what each entry is to do.
package struct Hello: Sendable, Equatable {
  /// nil at the process's first hello: the store gives a fresh one.
  package var node: NodeID?
  package var process: ProcessIdentity
  package var inventory: [InventoryEntry]
  /// The `WorkerGroup` whose plug-ins it runs.
  package var group: String

  package init(
    node: NodeID?, process: ProcessIdentity, inventory: [InventoryEntry], group: String = WorkerGroup.shared
  ) {
    self.node = node
    self.process = process
    self.inventory = inventory
    self.group = group
  }
}

package struct InventoryEntry: Sendable, Equatable {
  package enum Phase: Sendable, Equatable {
    case leased
    /// The start was sent, its answer has not come.
    case starting
    case running
    /// Passed its grace time; the fence was raised or is about to be.
    case zombie
    case finished(RunEnd)
  }

  package var job: JobID
  package var fence: Fence
  package var phase: Phase

  package init(job: JobID, fence: Fence, phase: Phase) {
    self.job = job
    self.fence = fence
    self.phase = phase
  }
}

package struct HelloAnswer: Sendable, Equatable {
  package enum Verdict: UInt8, Sendable, Equatable {
    /// leased: still yours, start it.
    case keep = 1
    /// starting: the start is committed, enter it.
    case enter = 2
    /// starting: it is not committed, send it again.
    case startAgain = 3
    /// finished: the outcome is stored.
    case stored = 4
    /// The row disagrees: enter and write nothing more.
    case fenced = 5
    /// running: keep on, and it was asked to stop meanwhile.
    case cancel = 6
  }

  package var node: NodeID
  /// One per entry of the inventory, in order.
  package var verdicts: [Verdict]

  package init(node: NodeID, verdicts: [Verdict]) {
    self.node = node
    self.verdicts = verdicts
  }
}

/// Takes up to `limit` ready jobs of these kinds (ready → leased, fence + 1), and tells what else the node has
/// to know. `limit` 0 only asks. Kinds of plug-ins that are placed in another group than the node's are passed over.
package struct ClaimJobs: Sendable, Equatable {
  package var node: NodeID
  package var kinds: [JobKind]
  package var limit: Int

  package init(node: NodeID, kinds: [JobKind], limit: Int) {
    self.node = node
    self.kinds = kinds
    self.limit = limit
  }
}

package struct ClaimAnswer: Sendable, Equatable {
  package var leases: [Lease]
  /// Jobs of the node that were asked to stop (each time anew until they end).
  package var cancels: [JobRun]
  package var order: NodeOrder
  /// Rises with every change of the list of plug-ins.
  package var pluginRevision: Int64

  package init(leases: [Lease], cancels: [JobRun], order: NodeOrder, pluginRevision: Int64) {
    self.leases = leases
    self.cancels = cancels
    self.order = order
    self.pluginRevision = pluginRevision
  }
}

/// A job under one fence: what every write of a run names.
package struct JobRun: Sendable, Hashable {
  package var job: JobID
  package var fence: Fence

  package init(job: JobID, fence: Fence) {
    self.job = job
    self.fence = fence
  }
}

/// A claimed job with all that its run needs.
package struct Lease: Sendable, Equatable {
  package var run: JobRun
  package var kind: JobKind
  package var params: String
  /// Which start this will be: 1 at the first.
  package var attempt: Int
  package var deadlineMilliseconds: Int64
  package var cleanupMilliseconds: Int64
  package var graceMilliseconds: Int64
  /// When the job was submitted: part of the tokens of its steps.
  package var submittedAt: Milliseconds

  package init(
    run: JobRun, kind: JobKind, params: String, attempt: Int, deadlineMilliseconds: Int64,
    cleanupMilliseconds: Int64, graceMilliseconds: Int64, submittedAt: Milliseconds = 0
  ) {
    self.run = run
    self.kind = kind
    self.params = params
    self.attempt = attempt
    self.deadlineMilliseconds = deadlineMilliseconds
    self.cleanupMilliseconds = cleanupMilliseconds
    self.graceMilliseconds = graceMilliseconds
    self.submittedAt = submittedAt
  }
}

/// What a worker is to do as a whole.
package enum NodeOrder: UInt8, Sendable, Equatable {
  case run = 1
  /// Claim nothing, hand back what has not started, end when the rest has ended.
  case drain = 2
}

/// Everything that a worker's batching writer sends about its runs, in one transaction; each item stands alone.
package struct WriteRuns: Sendable, Equatable {
  package var node: NodeID
  package var items: [RunWrite]

  package init(node: NodeID, items: [RunWrite]) {
    self.node = node
    self.items = items
  }
}

package struct RunWrite: Sendable, Equatable {
  package enum Act: Sendable, Equatable {
    case start
    case handBack
    case passDeadline
    case endGrace
    case zombieReturned
    case finish(RunEnd)
    case progress(JobProgress)
    case log([LogLine])
  }

  package var run: JobRun
  package var act: Act

  package init(_ run: JobRun, _ act: Act) {
    self.run = run
    self.act = act
  }
}

/// One per item of `WriteRuns`, in order. A finish that was stored before answers `done`.
package enum RunAnswer: UInt8, Sendable, Equatable {
  case done = 1
  case fenced = 2
}

/// Says that a node's process has ended, proven by the caller: its leased jobs go back to ready, its started
/// ones become lost, ready again or ended by their repeat rule.
package struct EndNode: Sendable, Equatable {
  package var node: NodeID
  /// How it ended, for the events: "killed by signal 9".
  package var detail: String

  package init(node: NodeID, detail: String) {
    self.node = node
    self.detail = detail
  }
}

/// How many jobs an ended node gave back.
package struct EndNodeAnswer: Sendable, Equatable {
  package var requeued: Int
  package var lost: Int
  package var ended: Int

  package init(requeued: Int, lost: Int, ended: Int) {
    self.requeued = requeued
    self.lost = lost
    self.ended = ended
  }
}

/// Orders a node, or all that live (nil).
package struct OrderNode: Sendable, Equatable {
  package var node: NodeID?
  package var order: NodeOrder

  package init(node: NodeID?, order: NodeOrder) {
    self.node = node
    self.order = order
  }
}

/// Nodes that have not ended, with how many jobs each has active.
package struct ListNodes: Sendable, Equatable {
  package init() {}
}

package struct NodeRow: Sendable, Equatable {
  package var id: NodeID
  package var process: ProcessIdentity
  package var order: NodeOrder
  package var activeJobs: Int
  package var since: Milliseconds
  package var group: String

  package init(
    id: NodeID, process: ProcessIdentity, order: NodeOrder, activeJobs: Int, since: Milliseconds,
    group: String = WorkerGroup.shared
  ) {
    self.id = id
    self.process = process
    self.order = order
    self.activeJobs = activeJobs
    self.since = since
    self.group = group
  }
}

/// Asks every started or unstarted job of a node (nil: of all nodes) to stop: how many were told.
package struct CancelNodeJobs: Sendable, Equatable {
  package var node: NodeID?
  package init(node: NodeID?) { self.node = node }
}
