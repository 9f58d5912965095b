import DataModel
import Glibc
import JobEngine
import Storage
import Supervision
import Threading

/// Workers that this process did not start, and the ends of nodes.
extension WorkerSupervisor {
  /// Settles the nodes that an earlier `serve` left: adopts the living, ends the dead. Call it before the socket
  /// opens; then `want`.
  func adopt() throws(StoreError) {
    let boot = ProcessFacts.bootID()
    for node in try store.perform(ListNodes()) {
      let process = node.process
      let isHere = process.bootID == boot
      let look = isHere ? ProcessHandle.look(pid: process.pid, startTicks: process.startTicks) : .ended
      if case .unknown(let why) = look {
        throw StoreError(
          .invalid,
          "it is not known whether worker \(node.id) (pid \(process.pid)) still runs its jobs: \(why)",
          cure: "let serve read /proc and open more files, then start it again")
      }
      if case .living(let handle) = look {
        EngineLog.info("adopting worker \(node.id) (pid \(process.pid)) with \(node.activeJobs) jobs")
        watch(handle, group: node.group, WorkerCage(of: process.pid), isProven: false)
        if node.order == .drain { state.update { $0.workers[process.pid]?.isDraining = true } }
      } else {
        if isHere { _ = ProcessHandle.killSession(process.pid) }
        end(node.id, process, "had ended before this engine started")
      }
    }
  }

  /// Throws unless the process is a worker of that group that this engine started or adopted: a user's number alone
  /// does not make one. `fenced`, so that a worker whose engine died before it knew of it ends.
  func vouch(for hello: Hello) throws(StoreError) {
    let pid = hello.process.pid
    _ = state.wait(milliseconds: 5000) { $0.spawning > 0 && $0.workers[pid] == nil ? nil : true }
    let isOurs = state.withLock { state in
      state.workers[pid].map {
        $0.handle.facts.startTicks == hello.process.startTicks && $0.group == hello.group
      } ?? false
    }
    if isOurs { return }
    EngineLog.error(
      "process \(pid) says that it is a worker of group \(WorkerGroup.title(hello.group)), and is none of ours"
    )
    throw StoreError(
      .fenced, "process \(pid) is no worker that this engine started", cure: "only `serve` starts workers")
  }

  /// A connection said hello as that node and process. It may be one that nobody here knows: started by an earlier
  /// `serve` that was killed before it heard of it, or ended before its hello was read.
  func connected(_ node: NodeID, _ process: ProcessIdentity) {
    // One that is being started is known in a moment.
    _ = state.wait(milliseconds: 5000) { $0.spawning > 0 ? nil : true }
    let isKnown = state.update { state in
      guard state.workers[process.pid]?.handle.facts.startTicks == process.startTicks else { return false }
      state.workers[process.pid]?.isProven = true
      state.workers[process.pid]?.awaySince = nil
      return true
    }
    if isKnown {
      // It was no node yet when the others were told to end: it is told now.
      if state.withLock({ $0.isEnding }) { drain(node) }
      return
    }
    // On a thread of its own: it may have to wait, and other questions must not.
    OSThread("bh-stray") { [self] in takeOver(node, process) }
  }

  private func takeOver(_ node: NodeID, _ process: ProcessIdentity) {
    var handle: ProcessHandle?
    while handle == nil {
      let isHere = process.bootID == ProcessFacts.bootID()
      switch isHere ? ProcessHandle.look(pid: process.pid, startTicks: process.startTicks) : .ended {
      case .living(let living): handle = living
      case .ended:
        if isHere { _ = ProcessHandle.killSession(process.pid) }
        return end(node, process, "had ended before its hello was read")
      case .unknown(let why):
        EngineLog.error("worker \(node) cannot be watched, trying again in a second: \(why)")
        _ = state.wait(milliseconds: 1000) { _ -> Bool? in nil }
      }
    }
    guard let handle else { return }
    EngineLog.info("worker \(node) (pid \(process.pid)) was started by an earlier engine: taking it over")
    let group = (try? store.perform(ListNodes()).first { $0.id == node })?.group ?? WorkerGroup.shared
    let isSurplus = state.withLock { state in
      state.isEnding || (!state.groups.isEmpty && state.groups[group] == nil)
        || state.workers.values.contains { $0.group == group && !$0.isDraining }
    }
    watch(handle, group: group, WorkerCage(of: process.pid), isProven: true)
    state.update { $0.workers[process.pid]?.isDraining = isSurplus }
    if isSurplus { drain(node) }  // one worker of a group is enough
  }

  /// What it runs goes on, then it ends.
  private func drain(_ node: NodeID) {
    do {
      _ = try store.perform(OrderNode(node: node, order: .drain))
    } catch {
      EngineLog.error("cannot order worker \(node) to drain: \(error)")
    }
  }

  func disconnected(pid: Int32) {
    state.update { $0.workers[pid]?.awaySince = WallClock.milliseconds }
  }

  /// A process may have registered twice, when the answer to its first hello was lost: all its nodes end.
  func endNodes(of facts: ProcessFacts, detail: String) {
    while true {
      do {
        for node in try store.perform(ListNodes())
        where node.process.pid == facts.pid && node.process.startTicks == facts.startTicks {
          end(node.id, node.process, detail)
        }
        return
      } catch  where error.code == .closed {
        return  // the next engine ends them
      } catch {
        EngineLog.error("cannot list the workers, trying again in a second: \(error)")
        _ = state.wait(milliseconds: 1000) { _ -> Bool? in nil }
      }
    }
  }

  /// Retried until the store takes it: jobs of an ended worker must not wait for ever.
  private func end(_ node: NodeID, _ process: ProcessIdentity, _ detail: String) {
    while true {
      do {
        // First what it knew and could not tell: its jobs are given up only without an outcome.
        try outbox.settle(node, process, in: store)
        let answer = try store.perform(EndNode(node: node, detail: detail))
        EngineLog.info(
          "worker \(node) \(detail): \(answer.requeued) jobs go back to ready, \(answer.lost) are lost, "
            + "\(answer.ended) ended")
        return
      } catch  where error.code == .closed {
        return
      } catch {
        EngineLog.error("cannot end worker \(node), trying again in a second: \(error)")
        _ = state.wait(milliseconds: 1000) { _ -> Bool? in nil }
      }
    }
  }
}
