package import DataModel
package import Storage

/// The actions that can be submitted: those of the plug-ins in the store, by full and by short name.
package struct ActionCatalogue: Sendable {
  package struct Entry: Sendable {
    package let kind: JobKind
    package let action: ManifestAction
    package let isActive: Bool
    /// Name of the entry that finds out about its lost jobs.
    package let reconcile: String?

    package init(kind: JobKind, action: ManifestAction, isActive: Bool, reconcile: String? = nil) {
      self.kind = kind
      self.action = action
      self.isActive = isActive
      self.reconcile = reconcile
    }
  }

  package let entries: [Entry]

  package init(_ entries: [Entry]) { self.entries = entries }

  /// From the store's list. A manifest that this version cannot read offers nothing; it was refused with its
  /// reason when its file came.
  package init(_ list: PluginList) {
    var entries: [Entry] = []
    for file in list.files where file.state != .refused {
      guard let manifest = try? Manifest(text: file.manifest) else { continue }
      for action in manifest.actions {
        let kind = JobKind(plugin: manifest.id, action: action.name)
        entries.append(
          Entry(
            kind: kind, action: action, isActive: file.state == .active,
            reconcile: manifest.reconcile(of: action.name)?.name))
      }
    }
    self.init(entries)
  }

  /// Finds `plugin:action`, or a short action name that exactly one plug-in has.
  package func resolve(_ name: String) throws(EngineError) -> Entry {
    if let kind = JobKind(name) {
      let known = entries.filter { $0.kind == kind }
      if let entry = known.first(where: \.isActive) { return entry }
      if let entry = known.first { throw removed(entry.kind) }
      throw unknown(name)
    }
    let active = entries.filter { $0.isActive && $0.kind.action == name }
    let kinds = Set(active.map(\.kind)).sorted()
    if kinds.count > 1 {
      let names = kinds.map(\.description).joined(separator: ", ")
      throw EngineError(
        .ambiguousAction, "the action \"\(name)\" is offered by \(kinds.count) plug-ins: \(names)",
        cure: "name one of them in full")
    }
    if let entry = active.first { return entry }
    if let entry = entries.first(where: { $0.kind.action == name }) { throw removed(entry.kind) }
    throw unknown(name)
  }

  private func removed(_ kind: JobKind) -> EngineError {
    EngineError(
      .unknownAction, "the plug-in \"\(kind.plugin)\" that has \"\(kind.action)\" was removed",
      cure: "put its file back into the plug-in directory")
  }

  private func unknown(_ name: String) -> EngineError {
    let asked = JobKind(name)
    let speaker = entries.first { entry in
      guard let reconcile = entry.reconcile else { return false }
      return asked.map { $0.plugin == entry.kind.plugin && $0.action == reconcile } ?? (reconcile == name)
    }
    if let speaker {
      return EngineError(
        .unknownAction,
        "\"\(name)\" is a reconcile entry: the engine asks it about lost jobs of \(speaker.kind)",
        cure: "ask about one with `bulkhead jobs reconcile ID`")
    }
    let names = Set(entries.filter(\.isActive).map(\.kind)).sorted()
    var cure = "see `bulkhead plugins list`"
    if names.isEmpty {
      cure = "no plug-in is active; see `bulkhead plugins list` for what was refused"
    } else if let near = nearest(to: name, among: names) {
      cure = "did you mean \(near)?"
    }
    return EngineError(.unknownAction, "no plug-in has the action \"\(name)\"", cure: cure)
  }

  /// By the full name when one was typed, else by the action alone.
  private func nearest(to name: String, among kinds: [JobKind]) -> JobKind? {
    if name.contains(":") {
      return EditDistance.nearest(to: name, among: kinds.map(\.description)).flatMap { JobKind($0) }
    }
    guard let action = EditDistance.nearest(to: name, among: kinds.map(\.action)) else { return nil }
    return kinds.first { $0.action == action }
  }
}
