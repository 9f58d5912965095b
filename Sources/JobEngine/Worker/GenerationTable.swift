import DataModel
import PluginHost
import Storage
import Synchronization

/// The actions that this worker can run: of each active plug-in the generation that it has loaded.
final class GenerationTable: Sendable {
  private struct State {
    /// Every generation ever loaded, by the hash of its bytes: nothing is unloaded.
    var loaded: [String: PluginGeneration] = [:]
    var refused: Set<String> = []
    var active: [JobKind: LoadedAction] = [:]
    var reconciles: [JobKind: LoadedReconcile] = [:]
    var revision: Int64 = -1
  }

  private let loader: PluginLoader
  /// Plug-ins of other groups are not even loaded.
  private let group: String
  private let state = Mutex(State())

  init(loader: PluginLoader, group: String) {
    self.loader = loader
    self.group = group
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
    state.withLock {
      $0.active = active
      $0.reconciles = reconciles
      $0.revision = list.revision
    }
  }

  private func generation(
    of file: PluginFile, _ report: (_ sha256: String, _ problem: String?) -> Void
  ) -> PluginGeneration? {
    let (known, isRefused) = state.withLock { ($0.loaded[file.sha256], $0.refused.contains(file.sha256)) }
    if let known {
      report(file.sha256, nil)
      return known
    }
    if isRefused { return nil }
    do {
      let manifest = try Manifest(text: file.manifest)
      let generation = try loader.load(imagePath: file.image, sha256: file.sha256, manifest: manifest)
      state.withLock { $0.loaded[file.sha256] = generation }
      report(file.sha256, nil)
      return generation
    } catch {
      state.withLock { _ = $0.refused.insert(file.sha256) }
      report(file.sha256, "\(error)")
      return nil
    }
  }
}
