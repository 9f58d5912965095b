extension Plugin {
  /// The manifest, made from the actions' types.
  public func manifest() throws(ManifestFailure) -> JSON {
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
    return .object(members + [JSON.Member("actions", .array(list))])
  }

  private static func manifest<A: Action>(of action: A.Type) throws(ManifestFailure) -> JSON {
    let parameters: JSON
    let result: JSON
    do throws(ManifestFailure) {
      parameters = try SchemaSource.schema(of: A.Parameters.self, action.keywords)
      result = try SchemaSource.schema(of: A.Result.self, [:])
    } catch {
      throw ManifestFailure("action \(action.name): \(error)")
    }
    var members = [
      JSON.Member("name", .string(action.name)), JSON.Member("kind", "action"),
      JSON.Member("title", .string(action.title)),
    ]
    if !action.description.isEmpty { members.append(JSON.Member("description", .string(action.description))) }
    return .object(
      members + [
        JSON.Member("repeat", .string(action.repeats.rawValue)), JSON.Member("parameters", parameters),
        JSON.Member("result", result),
        JSON.Member("deadline_ms", .number(String(action.deadlineMilliseconds))),
        JSON.Member("cleanup_ms", .number(String(action.cleanupMilliseconds))),
      ])
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
