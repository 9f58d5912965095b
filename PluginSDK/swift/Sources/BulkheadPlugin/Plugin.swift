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

  /// At most 64 actions.
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
  /// the load, when there are no actions or too many.
  public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? {
    guard !actions.isEmpty, actions.count <= thunks.count else { return nil }
    Self.loaded = self
    let table = UnsafeMutablePointer<bh_action>.allocate(capacity: actions.count)
    for (index, action) in actions.enumerated() {
      let size = UInt32(MemoryLayout<bh_action>.size)
      let entry = bh_action(size: size, flags: 0, name: Self.keep(action.name), run: thunks[index])
      (table + index).initialize(to: entry)
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

  // SAFETY: written once, on the loader's thread, before the host calls any action; read only after that.
  nonisolated(unsafe) private static var loaded: Plugin?

  fileprivate static func call(_ index: Int, _ raw: UnsafeMutablePointer<bh_ctx>?) -> Int32 {
    guard let raw, let loaded else { return BH_BUG }
    return run(loaded.actions[index], raw)
  }
}

/// One C function an action: the host hands over no more than the run, so that each function has to know which
/// action it is. Swift cannot make a C function of a generic one, hence this list.
private let thunks: [bh_action_fn] = [
  { Plugin.call(0, $0) }, { Plugin.call(1, $0) }, { Plugin.call(2, $0) }, { Plugin.call(3, $0) },
  { Plugin.call(4, $0) }, { Plugin.call(5, $0) }, { Plugin.call(6, $0) }, { Plugin.call(7, $0) },
  { Plugin.call(8, $0) }, { Plugin.call(9, $0) }, { Plugin.call(10, $0) }, { Plugin.call(11, $0) },
  { Plugin.call(12, $0) }, { Plugin.call(13, $0) }, { Plugin.call(14, $0) }, { Plugin.call(15, $0) },
  { Plugin.call(16, $0) }, { Plugin.call(17, $0) }, { Plugin.call(18, $0) }, { Plugin.call(19, $0) },
  { Plugin.call(20, $0) }, { Plugin.call(21, $0) }, { Plugin.call(22, $0) }, { Plugin.call(23, $0) },
  { Plugin.call(24, $0) }, { Plugin.call(25, $0) }, { Plugin.call(26, $0) }, { Plugin.call(27, $0) },
  { Plugin.call(28, $0) }, { Plugin.call(29, $0) }, { Plugin.call(30, $0) }, { Plugin.call(31, $0) },
  { Plugin.call(32, $0) }, { Plugin.call(33, $0) }, { Plugin.call(34, $0) }, { Plugin.call(35, $0) },
  { Plugin.call(36, $0) }, { Plugin.call(37, $0) }, { Plugin.call(38, $0) }, { Plugin.call(39, $0) },
  { Plugin.call(40, $0) }, { Plugin.call(41, $0) }, { Plugin.call(42, $0) }, { Plugin.call(43, $0) },
  { Plugin.call(44, $0) }, { Plugin.call(45, $0) }, { Plugin.call(46, $0) }, { Plugin.call(47, $0) },
  { Plugin.call(48, $0) }, { Plugin.call(49, $0) }, { Plugin.call(50, $0) }, { Plugin.call(51, $0) },
  { Plugin.call(52, $0) }, { Plugin.call(53, $0) }, { Plugin.call(54, $0) }, { Plugin.call(55, $0) },
  { Plugin.call(56, $0) }, { Plugin.call(57, $0) }, { Plugin.call(58, $0) }, { Plugin.call(59, $0) },
  { Plugin.call(60, $0) }, { Plugin.call(61, $0) }, { Plugin.call(62, $0) }, { Plugin.call(63, $0) },
]
