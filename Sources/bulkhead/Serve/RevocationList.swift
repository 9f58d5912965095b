import JobEngine
import Storage
import Synchronization

/// The contents that were revoked while the engine served, as the store has them: read again when the store says that
/// plug-ins changed. Safe from any thread.
final class RevocationList: Sendable {
  private let store: any Store
  private let isStale = Atomic(true)
  private let known = Mutex<[String: String]>([:])

  init(store: any Store) { self.store = store }

  func markStale() { isStale.store(true, ordering: .releasing) }

  /// The reason of each, by hash. A store that cannot be read leaves what was known: nothing becomes trusted by that.
  func current() -> [String: String] {
    if isStale.exchange(false, ordering: .acquiring) {
      do {
        let list = try store.perform(ListRevocations())
        let reasons = Dictionary(list.map { ($0.sha256, $0.reason) }) { first, _ in first }
        known.withLock { $0 = reasons }
      } catch {
        markStale()
        if error.code != .closed { EngineLog.error("cannot read what is revoked: \(error)") }
      }
    }
    return known.withLock { $0 }
  }
}
