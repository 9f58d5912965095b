extension ManifestReconcile {
  /// The manifest's word for entries that the engine asks about lost jobs.
  static let kind = "reconcile"

  package static let known: Set<String> = [
    "name", "kind", "title", "description", "reconciles", "deadline_ms", "cleanup_ms", "grace_ms",
  ]
  /// What only actions have: said apart from a misspelt word.
  private static let ofActions: Set<String> = ["repeat", "parameters", "result"]

  init(_ value: JSONValue, path: String) throws(ManifestError) {
    for name in Self.ofActions.sorted() where value[name] != nil {
      throw ManifestError(
        path: "\(path).\(name)",
        "an entry of kind \"reconcile\" has none: it is given what the lost job was submitted with")
    }
    let fields = try JSONFields(value, path: path, known: Self.known)
    name = try fields.requiredText("name")
    guard Names.isActionName(name) else {
      throw fields.error(
        "name",
        "\"\(name)\" has to begin with a lower-case letter and go on with letters, digits, '.', '-' or '_', 128 at most"
      )
    }
    title = try fields.text("title") ?? name
    description = try fields.text("description", limit: 1 << 16) ?? ""
    guard let actions = try fields.names("reconciles") else {
      throw fields.error("reconciles", "is missing; list the actions that it speaks for")
    }
    guard !actions.isEmpty else { throw fields.error("reconciles", "has to list one action at least") }
    self.actions = actions
    let longest = ManifestAction.longest
    deadlineMilliseconds = try fields.integer("deadline_ms", 1...longest) ?? 60_000
    cleanupMilliseconds = try fields.integer("cleanup_ms", 0...longest) ?? 60_000
    graceMilliseconds = try fields.integer("grace_ms", 0...longest) ?? 30_000
  }

  /// Each named action has to be there, be an action, and have one entry only.
  static func check(
    _ entries: [(path: String, entry: ManifestReconcile)], against actions: [ManifestAction]
  ) throws(ManifestError) {
    let names = Set(actions.map(\.name))
    var speaker: [String: String] = [:]
    for (path, entry) in entries {
      for (index, action) in entry.actions.enumerated() {
        let place = "\(path).reconciles[\(index)]"
        guard names.contains(action) else {
          throw ManifestError(
            path: place,
            "there is no action \"\(action)\" in this manifest\(EditDistance.hint(for: action, among: names))"
          )
        }
        if let other = speaker.updateValue(entry.name, forKey: action) {
          throw ManifestError(
            path: place, "\"\(other)\" speaks for the action \"\(action)\" already; an action has one entry")
        }
      }
    }
  }
}
