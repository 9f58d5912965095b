internal import CBulkheadPlugin

/// A plug-in: what it is called and what it can do. Make one for the whole plug-in and hand its entry to the host:
///
///     let plugin = Plugin(id: "hello", version: "1.0.0", actions: [Greet.self])
///
///     @c(bh_plugin_entry)
///     public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.entry(host) }
public final class Plugin: Sendable {
  public let id: String
  public let version: String
  public let title: String
  public let description: String
  public let actions: [any Action.Type]

  public init(
    id: String, version: String, title: String = "", description: String = "", actions: [any Action.Type]
  ) {
    self.id = id
    self.version = version
    self.title = title
    self.description = description
    self.actions = actions
  }

  /// The body of `bh_plugin_entry`. Called once per load; what it gives stays valid for good. NULL, which refuses
  /// the load, when there are no actions.
  public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? {
    guard !actions.isEmpty else { return nil }
    let table = UnsafeMutablePointer<bh_action>.allocate(capacity: actions.count)
    for (index, action) in actions.enumerated() {
      let size = UInt32(MemoryLayout<bh_action>.size)
      let box = Unmanaged.passRetained(ActionBox(action)).toOpaque()
      (table + index).initialize(
        to: bh_action(size: size, flags: 0, name: Self.keep(action.name), run: runAction, user: box))
    }
    let plugin = UnsafeMutablePointer<bh_plugin>.allocate(capacity: 1)
    plugin.initialize(
      to: bh_plugin(
        size: UInt32(MemoryLayout<bh_plugin>.size), abi_built: UInt32(BH_ABI_LEVEL),
        abi_min_host: UInt32(BH_ABI_MIN_HOST), action_count: UInt32(actions.count),
        action_size: UInt64(MemoryLayout<bh_action>.stride), actions: table, fini: nil))
    return UnsafeRawPointer(plugin)
  }

  /// A copy of the text as a C string that is never freed.
  private static func keep(_ text: String) -> UnsafePointer<CChar> {
    let bytes = Array(text.utf8CString)
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    copy.initialize(from: bytes, count: bytes.count)
    return UnsafePointer(copy)
  }
}

/// What the host keeps for us with each action: which one it is. Lives as long as the process.
private final class ActionBox: Sendable {
  let action: any Action.Type

  init(_ action: any Action.Type) { self.action = action }
}

/// The one C function of all actions.
private let runAction: bh_action_fn = { raw in
  guard let raw, let user = raw.pointee.action.pointee.user else { return BH_BUG }
  return run(Unmanaged<ActionBox>.fromOpaque(user).takeUnretainedValue().action, raw)
}
