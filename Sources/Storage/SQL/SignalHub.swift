package import DataModel
import Synchronization

/// The signals of one commit. Jobs come by the thousand, and mostly nobody watches them: a list, not a set.
package struct SignalBatch: Sendable {
  package private(set) var ready = false
  package private(set) var plugins = false
  package private(set) var nodes: Set<NodeID> = []
  package private(set) var jobs: [JobID] = []

  package init() {}

  package mutating func insert(_ signal: StoreSignal) {
    switch signal {
    case .jobsReady: ready = true
    case .pluginsChanged: plugins = true
    case .nodeCalled(let node): nodes.insert(node)
    case .jobChanged(let job): if jobs.last != job { jobs.append(job) }
    }
  }

  package var isEmpty: Bool { !ready && !plugins && nodes.isEmpty && jobs.isEmpty }
}

/// Who wants to hear of which commits. Safe to use from any thread.
final class SignalHub: Sendable {
  typealias Handler = @Sendable (StoreSignal) -> Void

  private struct Observer: Sendable {
    let interest: StoreInterest
    let handler: Handler
  }

  private struct State: Sendable {
    var nextID: UInt64 = 1
    var observers: [UInt64: Observer] = [:]
    var byJob: [JobID: Set<UInt64>] = [:]
  }

  private let state = Mutex(State())

  func observe(_ interest: StoreInterest, _ handler: @escaping Handler) -> StoreObservation {
    let id = state.withLock { state in
      let id = state.nextID
      state.nextID += 1
      state.observers[id] = Observer(interest: interest, handler: handler)
      for job in interest.jobs { state.byJob[job, default: []].insert(id) }
      return id
    }
    return StoreObservation { [weak self] in self?.remove(id) }
  }

  /// Calls every handler that wants one of these signals, each signal once, on the calling thread.
  func dispatch(_ batch: SignalBatch) {
    if batch.isEmpty { return }
    for (handler, signal) in state.withLock({ calls(for: batch, $0) }) { handler(signal) }
  }

  private func calls(for batch: SignalBatch, _ state: State) -> [(Handler, StoreSignal)] {
    var calls: [(Handler, StoreSignal)] = []
    for observer in state.observers.values {
      if batch.ready, observer.interest.ready { calls.append((observer.handler, .jobsReady)) }
      if batch.plugins, observer.interest.plugins { calls.append((observer.handler, .pluginsChanged)) }
      if let node = observer.interest.node, batch.nodes.contains(node) {
        calls.append((observer.handler, .nodeCalled(node)))
      }
    }
    if state.byJob.isEmpty { return calls }
    var told: Set<JobID> = []
    for job in batch.jobs {
      guard let observers = state.byJob[job], told.insert(job).inserted else { continue }
      for id in observers {
        if let observer = state.observers[id] { calls.append((observer.handler, .jobChanged(job))) }
      }
    }
    return calls
  }

  private func remove(_ id: UInt64) {
    state.withLock { state in
      guard let observer = state.observers.removeValue(forKey: id) else { return }
      for job in observer.interest.jobs {
        state.byJob[job]?.remove(id)
        if state.byJob[job]?.isEmpty == true { state.byJob[job] = nil }
      }
    }
  }
}
