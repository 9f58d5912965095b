import DataModel
import PluginHost
import Storage
import Synchronization
import Threading

/// The actions that this worker can run: of each active plug-in the generation that it has loaded.
final class GenerationTable: Sendable {
  private struct State {
    /// Every generation ever loaded, by the hash of its bytes: nothing is unloaded.
    var loaded: [String: PluginGeneration] = [:]
    var refused: [String: Refusal] = [:]
    var active: [JobKind: LoadedAction] = [:]
    var reconciles: [JobKind: LoadedReconcile] = [:]
    var revision: Int64 = -1
  }

  /// One that could not be loaded: perhaps for want of memory or of a library that comes later.
  private struct Refusal {
    var tries: Int64
    /// Monotonic, in nanoseconds.
    var nextTry: Int64
  }

  private static let firstPause: Int64 = 5_000_000_000
  private static let longestPause: Int64 = 600_000_000_000

  private let loader: PluginLoader
  /// Plug-ins of other groups are not even loaded.
  private let group: String
  private let now: @Sendable () -> Int64
  private let state = Mutex(State())

  init(
    loader: PluginLoader, group: String,
    now: @escaping @Sendable () -> Int64 = { MonotonicClock.nanoseconds }
  ) {
    self.loader = loader
    self.group = group
    self.now = now
  }

  /// How long until a plug-in that could not be loaded is to be tried again; nil: there is none.
  var millisecondsToRetry: Int64? {
    state.withLock { $0.refused.values.map(\.nextTry).min() }.map { max(0, ($0 - now()) / 1_000_000) + 1 }
  }

  /// Whatever could not be loaded is tried again at the next refresh.
  func retryAll() {
    state.withLock { state in
      for hash in state.refused.keys { state.refused[hash]?.nextTry = 0 }
    }
  }

  /// The kinds to claim.
  var kinds: [JobKind] { state.withLock { Array($0.active.keys) } }

  /// The store's list that `kinds` was made from.
  var revision: Int64 { state.withLock { $0.revision } }

  /// The kinds whose lost jobs can be asked for.
  var reconcileKinds: [JobKind] { state.withLock { Array($0.reconciles.keys) } }

  func reconcile(_ kind: JobKind) -> LoadedReconcile? { state.withLock { $0.reconciles[kind] } }

  func action(_ kind: JobKind) -> LoadedAction? { state.withLock { $0.active[kind] } }

  /// Loads what is active and not loaded yet, and says what came of each: call it from the loader's thread.
  func refresh(_ list: PluginList, report: (_ sha256: String, _ problem: String?) -> Void) {
    var active: [JobKind: LoadedAction] = [:]
    var reconciles: [JobKind: LoadedReconcile] = [:]
    for file in list.files where file.state == .active && file.group == group {
      guard let generation = generation(of: file, report) else { continue }
      for (name, action) in generation.actions {
        active[JobKind(plugin: generation.manifest.id, action: name)] = action
      }
      for (action, entry) in generation.reconciles {
        reconciles[JobKind(plugin: generation.manifest.id, action: action)] = entry
      }
    }
    let wanted = Set(list.files.lazy.filter { $0.state == .active }.map(\.sha256))
    state.withLock {
      $0.active = active
      $0.reconciles = reconciles
      $0.revision = list.revision
      $0.refused = $0.refused.filter { wanted.contains($0.key) }
    }
  }

  private func generation(
    of file: PluginFile, _ report: (_ sha256: String, _ problem: String?) -> Void
  ) -> PluginGeneration? {
    let (known, refusal) = state.withLock { ($0.loaded[file.sha256], $0.refused[file.sha256]) }
    if let known {
      report(file.sha256, nil)
      return known
    }
    if let refusal, now() < refusal.nextTry { return nil }
    do {
      let manifest = try Manifest(text: file.manifest)
      let generation = try loader.load(imagePath: file.image, sha256: file.sha256, manifest: manifest)
      state.withLock {
        $0.loaded[file.sha256] = generation
        $0.refused[file.sha256] = nil
      }
      report(file.sha256, nil)
      return generation
    } catch {
      let tries = refusal?.tries ?? 0
      let pause = min(Self.firstPause << min(tries, 10), Self.longestPause)
      let next = Refusal(tries: tries + 1, nextTry: now() + pause)
      state.withLock { $0.refused[file.sha256] = next }
      report(file.sha256, "\(error)")
      return nil
    }
  }
}
