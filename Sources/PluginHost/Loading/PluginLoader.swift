package import CBulkheadPlugin
package import DataModel
import Glibc
import Threading

/// Loads plug-ins into this process, for good: nothing is ever unloaded.
// SAFETY: `host` is an immutable table that lives as long as the process; everything else is guarded by
// `state`.
package final class PluginLoader: @unchecked Sendable {
  private let host: UnsafePointer<bh_host>
  private struct State {
    /// By the hash of their bytes.
    var generations: [String: PluginGeneration] = [:]
    /// Libraries that came along with plug-ins: the hash of each by the name that the loader knows it under.
    var libraries: [String: String] = [:]
  }

  private let state = Threading.Condition(State())
  /// Held while loading: two threads that want the same content load it once.
  private let loading = Threading.Condition(())

  /// `host` is given to each plug-in's entry and has to live as long as the process.
  package init(host: UnsafePointer<bh_host>) { self.host = host }

  /// Loads a private copy whose content has that hash and calls its entry once. The same hash again gives the
  /// same generation. Blocks; runs the plug-in's constructors and entry on a thread of its own.
  package func load(imagePath: String, sha256: String, manifest: Manifest) throws(PluginError)
    -> PluginGeneration
  {
    let answer = Threading.Condition<Result<PluginGeneration, PluginError>?>(nil)
    OSThread("bh-loader") { [self] in
      let result = Result { () throws(PluginError) in try loadHere(imagePath, sha256, manifest) }
      answer.update { $0 = result }
    }
    guard let result = answer.wait({ $0 }) else {
      throw PluginError("loading \(manifest.id) gave no answer", cure: "restart the worker")
    }
    return try result.get()
  }

  private func loadHere(_ path: String, _ sha256: String, _ manifest: Manifest) throws(PluginError)
    -> PluginGeneration
  {
    try loading.withLock { (_: inout Void) throws(PluginError) in
      if let known = state.withLock({ $0.generations[sha256] }) { return known }
      let generation = try open(path, sha256, manifest)
      state.withLock { $0.generations[sha256] = generation }
      return generation
    }
  }

  private func open(_ path: String, _ sha256: String, _ manifest: Manifest) throws(PluginError)
    -> PluginGeneration
  {
    let subject = "\(manifest.id) \(manifest.version)"
    do throws(Objection) {
      let image = try MappedImage.open(path, sha256)
      let libraries = try image.libraries()
      try refuseTwins(libraries, sha256)
      guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
        throw LoaderMessage.objection(dlerror().map { String(cString: $0) } ?? "", path: path)
      }
      state.withLock { $0.libraries.merge(libraries) { old, _ in old } }
      guard let symbol = dlsym(library, ELFFile.entryName) else { throw PluginEntry.noEntry }
      // Its constructors have run; nothing else of it is called when it is another file.
      try image.checkMapped(at: symbol)
      let entry = try PluginEntry(library, host: host, manifest: manifest)
      return PluginGeneration(manifest: manifest, sha256: sha256, functions: entry.functions)
    } catch {
      throw PluginError(subject, error)
    }
  }

  /// A library that came along with another plug-in, or with an older version of this one, stays loaded: the loader would
  /// take it for a new one of the same name, without a word.
  private func refuseTwins(_ libraries: [String: String], _ sha256: String) throws(Objection) {
    let known = state.withLock { $0.libraries }
    for (name, hash) in libraries.sorted(by: { $0.key < $1.key }) {
      guard let other = known[name], other != hash else { continue }
      throw Objection(
        "it brings another \(name) than one that this worker has loaded, and the loader would go on using the first",
        cure: "let a new worker begin with it (\"bulkhead workers drain\"), or run it in a worker of its own")
    }
  }
}

/// One version of a plug-in, loaded. Jobs that began with it end with it.
package final class PluginGeneration: Sendable {
  package let manifest: Manifest
  /// Of the file's bytes, 64 hexadecimal digits.
  package let sha256: String
  /// By action name.
  package let actions: [String: LoadedAction]
  /// By the name of the action that they speak for.
  package let reconciles: [String: LoadedReconcile]

  init(manifest: Manifest, sha256: String, functions: [String: PluginFunction]) {
    self.manifest = manifest
    self.sha256 = sha256
    var actions: [String: LoadedAction] = [:]
    for definition in manifest.actions {
      guard let function = functions[definition.name] else { continue }
      let kind = JobKind(plugin: manifest.id, action: definition.name)
      actions[definition.name] = LoadedAction(kind: kind, definition: definition, function: function)
    }
    self.actions = actions
    var reconciles: [String: LoadedReconcile] = [:]
    for definition in manifest.reconciles {
      guard let function = functions[definition.name] else { continue }
      for action in definition.actions {
        reconciles[action] = LoadedReconcile(definition: definition, function: function)
      }
    }
    self.reconciles = reconciles
  }
}

/// One action that can be run in this process.
// SAFETY: a C function's address, in a library that is never unloaded; the rest are values.
package struct LoadedAction: @unchecked Sendable {
  package let kind: JobKind
  package let definition: ManifestAction
  package let function: PluginFunction
}

/// One reconcile entry that can be run in this process.
// SAFETY: a C function's address, in a library that is never unloaded; the rest are values.
package struct LoadedReconcile: @unchecked Sendable {
  package let definition: ManifestReconcile
  package let function: PluginFunction

  /// As an action that can be run without an engine, in the place of one that it speaks for.
  package func inPlace(of action: LoadedAction) -> LoadedAction {
    LoadedAction(kind: action.kind, definition: action.definition, function: function)
  }
}
