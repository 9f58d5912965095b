extension Plugin {
  /// The manifest, made from the actions' types. What a host would refuse is refused here, with the Swift type's name.
  public func manifest() throws(ManifestFailure) -> JSON {
    try checkNames()
    var members = [
      JSON.Member("id", .string(id)), JSON.Member("version", .string(version)),
      JSON.Member("abi", .object([JSON.Member("built", 1), JSON.Member("min_host", 1)])),
    ]
    if !title.isEmpty { members.insert(JSON.Member("title", .string(title)), at: 2) }
    if !description.isEmpty {
      members.insert(JSON.Member("description", .string(description)), at: members.count - 1)
    }
    var list: [JSON] = []
    for action in actions { list.append(try Self.manifest(of: action)) }
    for entry in reconciles { list.append(try manifest(of: entry)) }
    return .object(members + [JSON.Member("actions", .array(list))])
  }

  private func checkNames() throws(ManifestFailure) {
    guard Grammar.isPluginID(id) else {
      throw ManifestFailure(
        "the plug-in's id \"\(id)\": a lower-case letter first, then lower-case letters, digits, '-' or '_', 64 at most"
      )
    }
    guard !version.isEmpty, version.utf8.count <= 64, version.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else {
      throw ManifestFailure("the version \"\(version)\" has to be ASCII without blanks, such as \"1.0.0\"")
    }
    guard !actions.isEmpty else {
      throw ManifestFailure("it has no actions: list their types in Plugin(actions:)")
    }
    var known: [String: String] = [:]
    for (name, type) in actions.map({ ($0.name, "\($0)") }) + reconciles.map({ ($0.name, "\($0)") }) {
      guard Grammar.isActionName(name) else {
        throw ManifestFailure(
          "\(type).name \"\(name)\": a lower-case letter first, then lower-case letters, digits, '.', '-' or '_', "
            + "128 at most")
      }
      if let other = known.updateValue(type, forKey: name) {
        throw ManifestFailure("\(other) and \(type) have the same name, \"\(name)\"")
      }
    }
  }

  private static func manifest<A: Action>(of action: A.Type) throws(ManifestFailure) -> JSON {
    let parameters: JSON
    let result: JSON
    do throws(ManifestFailure) {
      parameters = try SchemaSource.schema(of: A.Parameters.self, action.keywords)
      result = try SchemaSource.schema(of: A.Result.self, [:])
    } catch {
      throw ManifestFailure("action \(action.name) (\(action)): \(error)")
    }
    return .object(
      texts(action.name, "action", action.title, action.description) + [
        JSON.Member("repeat", .string(action.repeats.rawValue)), JSON.Member("parameters", parameters),
        JSON.Member("result", result),
      ]
        + (try times(
          "\(action)", action.deadlineMilliseconds, action.cleanupMilliseconds, action.graceMilliseconds)))
  }

  private func manifest(of entry: any Reconcile.Type) throws(ManifestFailure) -> JSON {
    let names = entry.actions.map { $0.name }
    guard !names.isEmpty else {
      throw ManifestFailure("\(entry).actions is empty: list the types that it speaks for")
    }
    for (name, type) in zip(names, entry.actions) where !actions.contains(where: { $0 == type }) {
      throw ManifestFailure("\(entry) speaks for \(type) (\"\(name)\"), which is no action of this plug-in")
    }
    return .object(
      Self.texts(entry.name, "reconcile", entry.title, entry.description) + [
        JSON.Member("reconciles", .array(names.map { .string($0) }))
      ]
        + (try Self.times(
          "\(entry)", entry.deadlineMilliseconds, entry.cleanupMilliseconds, entry.graceMilliseconds, least: 1
        )))
  }

  private static func texts(_ name: String, _ kind: String, _ title: String, _ description: String) -> [JSON
    .Member]
  {
    let described = description.isEmpty ? [] : [JSON.Member("description", .string(description))]
    return [
      JSON.Member("name", .string(name)), JSON.Member("kind", .string(kind)),
      JSON.Member("title", .string(title)),
    ] + described
  }

  private static func times(
    _ type: String, _ deadline: Int, _ cleanup: Int, _ grace: Int, least: Int = 0
  ) throws(ManifestFailure) -> [JSON.Member] {
    guard deadline >= least, cleanup >= 0, grace >= 0 else {
      throw ManifestFailure(
        "\(type): its times are \(deadline), \(cleanup) and \(grace) ms; deadlineMilliseconds is \(least) at least, "
          + "cleanupMilliseconds and graceMilliseconds 0")
    }
    let times = [
      JSON.Member("deadline_ms", .number(String(deadline))),
      JSON.Member("cleanup_ms", .number(String(cleanup))),
    ]
    return grace == 30_000 ? times : times + [JSON.Member("grace_ms", .number(String(grace)))]
  }

  /// The one-file C source that carries the manifest in the plug-in.
  public func manifestSource() throws(ManifestFailure) -> String {
    """
    /* Made from the Swift types of the plug-in's actions. Change those, and make it anew. */
    #include <bulkhead/all.h>

    BH_MANIFEST(\(try manifest().prettyText));

    """
  }
}
