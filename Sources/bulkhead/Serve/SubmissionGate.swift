import DataModel
import JobEngine
import Storage
import Synchronization

/// Checks parameters once more where the store is served: a client may be old, or not ours at all.
final class SubmissionGate: Sendable {
  private struct Cache {
    var revision: Int64 = -1
    var catalogue = ActionCatalogue([])
  }

  private let store: any Store
  private let isStale = Atomic(true)
  private let cache = Mutex(Cache())

  init(store: any Store) { self.store = store }

  /// The list of plug-ins changed.
  func refresh() { isStale.store(true, ordering: .releasing) }

  /// Throws what is wrong with the first bad job.
  func check(_ batch: SubmitJobs) throws(StoreError) {
    let catalogue = try current()
    var last: JobRequest?
    for job in batch.jobs {
      // Batches are mostly many of one kind: equal neighbours are checked once.
      if let last, last.kind == job.kind, last.params == job.params { continue }
      try check(job, catalogue)
      last = job
    }
  }

  private func check(_ job: JobRequest, _ catalogue: ActionCatalogue) throws(StoreError) {
    do {
      let entry = try catalogue.resolve(job.kind.description)
      let submission = Submission(action: job.kind.description, json: job.params)
      _ = try submission.request(for: entry)
    } catch {
      throw StoreError(.invalid, error.message, cure: error.cure)
    }
  }

  private func current() throws(StoreError) -> ActionCatalogue {
    if isStale.exchange(false, ordering: .acquiring) {
      do {
        let list = try store.perform(ListPlugins())
        let catalogue = ActionCatalogue(list)
        cache.withLock { $0 = Cache(revision: list.revision, catalogue: catalogue) }
      } catch {
        isStale.store(true, ordering: .releasing)
        throw error
      }
    }
    return cache.withLock { $0.catalogue }
  }
}
