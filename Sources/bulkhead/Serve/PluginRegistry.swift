import DataModel
import JobEngine
import PluginHost
import Storage
import Synchronization
import Threading

/// Keeps the store's list of plug-ins as the directory is: each file that came, was refused or went is one row.
final class PluginRegistry: Sendable {
  private let store: any Store
  private let placement: Placement
  private let isOver = Atomic(false)
  private let pause = Bell()

  init(store: any Store, placement: Placement) {
    self.store = store
    self.placement = placement
  }

  /// Stores what the directory's watch saw.
  func take(_ outcomes: [PluginFileOutcome]) {
    for outcome in outcomes {
      let file = row(outcome)
      put(file)
    }
  }

  /// Nothing is tried again from here on: the next engine looks at the whole directory. From any thread.
  func stop() {
    isOver.store(true, ordering: .releasing)
    pause.ring()
  }

  /// After the first whole scan: what the store knows and the directory no longer has was removed meanwhile.
  func reconcile(present: Set<String>) {
    do {
      for var file in try store.perform(ListPlugins()).files
      where file.state != .removed && !present.contains(file.file) {
        file.state = .removed
        file.message = "its file is no longer in the plug-in directory"
        put(file)
      }
    } catch {
      EngineLog.error("cannot read the list of plug-ins: \(error)")
    }
  }

  /// Tried until it is stored: the watch tells each change once. On the watch's own thread.
  private func put(_ row: PluginFile) {
    var file = row
    while !isOver.load(ordering: .acquiring) {
      do {
        if file.state == .active { file.group = try group(of: file) }
        say(file)
        _ = try store.perform(PutPluginFile(file))
        return
      } catch  where error.code == .closed {
        return
      } catch {
        EngineLog.error("cannot store what became of \(file.file), trying again in a second: \(error)")
        pause.wait(milliseconds: 1000)
      }
    }
  }

  /// Decided before it is active: a version never seen before must not reach the shared worker for a moment.
  private func group(of file: PluginFile) throws(StoreError) -> String {
    let version = try store.perform(
      AcceptVersion(
        sha256: file.sha256, pluginID: file.pluginID, version: file.version,
        probationRuns: placement.plugins.probationRuns))
    return placement.group(of: version)
  }

  private func row(_ outcome: PluginFileOutcome) -> PluginFile {
    switch outcome {
    case .accepted(let file, let plugin):
      PluginFile(
        file: file, state: .active, pluginID: plugin.manifest.id, version: plugin.manifest.version,
        sha256: plugin.sha256, manifest: plugin.manifestText, image: plugin.imagePath)
    case .refused(let file, let refusal):
      PluginFile(
        file: file, state: .refused, pluginID: refusal.pluginID ?? "", sha256: refusal.sha256 ?? "",
        message: refusal.message)
    case .removed(let file):
      removed(file)
    }
  }

  /// Keeps what is known of the file, so that its waiting jobs can say what they wait for.
  private func removed(_ name: String) -> PluginFile {
    let known = (try? store.perform(ListPlugins()))?.files.first { $0.file == name }
    var file = known ?? PluginFile(file: name, state: .removed)
    file.state = .removed
    file.message = "its file was removed from the plug-in directory"
    return file
  }

  private func say(_ file: PluginFile) {
    switch file.state {
    case .active:
      EngineLog.info(
        "plug-in \(file.pluginID) \(file.version) is active (\(file.file)), run by worker "
          + WorkerGroup.title(file.group))
    case .refused: EngineLog.error("refused: \(file.message)")
    case .removed: EngineLog.info("plug-in file \(file.file) was removed")
    }
  }
}
