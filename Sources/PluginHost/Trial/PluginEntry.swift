package import CBulkheadPlugin
import CPluginRuntime
package import DataModel
import Glibc
import Synchronization

/// The functions that a loaded plug-in gives, held against its manifest.
struct PluginEntry {
  private static let actionLimit = 1000
  private static let nameLimit = 129

  private typealias Entry = @convention(c) (UnsafePointer<bh_host>?) -> UnsafePointer<bh_plugin>?

  let functions: [String: PluginFunction]

  /// Calls `bh_plugin_entry` of an opened library and checks what it returned: ABI level and the pairs of
  /// name and function, both ways.
  init(
    _ library: UnsafeMutableRawPointer, host: UnsafePointer<bh_host>, manifest: Manifest
  ) throws(Objection) {
    guard let symbol = dlsym(library, ELFFile.entryName) else { throw Self.noEntry }
    // SAFETY: the symbol is the plug-in's exported entry, whose signature the ABI fixes.
    let entry = unsafeBitCast(symbol, to: Entry.self)
    LoadRefusal.forget()
    guard let plugin = try Self.call(entry, host) else { throw LoadRefusal.objection() }
    try Self.checkHead(plugin, host, manifest)
    functions = try Self.read(plugin)
    try Self.compare(Set(functions.keys), manifest.entryNames)
  }

  static let noEntry = Objection(
    "it does not export bh_plugin_entry",
    cure: "add BH_PLUGIN(...) to its source and link without hiding that symbol")

  /// A C++ exception ends here and is named.
  private static func call(
    _ entry: Entry, _ host: UnsafePointer<bh_host>
  ) throws(Objection) -> UnsafePointer<bh_plugin>? {
    var plugin: UnsafePointer<bh_plugin>?
    var text = [CChar](repeating: 0, count: 512)
    guard bhrt_call_entry(entry, host, &plugin, &text, text.count) == BH_OK else {
      let thrown = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw Objection(
        "its bh_plugin_entry threw \(thrown)", cure: "catch it inside, and return NULL to refuse")
    }
    return plugin
  }

  private static func checkHead(
    _ plugin: UnsafePointer<bh_plugin>, _ host: UnsafePointer<bh_host>, _ manifest: Manifest
  ) throws(Objection) {
    let needed = MemoryLayout<bh_plugin>.offset(of: \.fini) ?? MemoryLayout<bh_plugin>.size
    guard plugin.pointee.size >= needed else {
      throw Objection(
        "its bh_plugin says that it has \(plugin.pointee.size) bytes, and level 1 has \(needed)",
        cure: "make the table with BH_PLUGIN(...)")
    }
    let abi = ABIRange(built: Int(plugin.pointee.abi_built), minimumHost: Int(plugin.pointee.abi_min_host))
    guard abi == manifest.abi else {
      throw Objection(
        "its code says ABI level \(abi.built) (host \(abi.minimumHost) at least), its manifest \(manifest.abi.built) (\(manifest.abi.minimumHost))",
        cure: "write \"abi\": {\"built\": \(abi.built), \"min_host\": \(abi.minimumHost)} into the manifest")
    }
    try HostABI(host.pointee).check(abi)
  }

  /// What an action of level 1 has. One that is longer was built with newer headers, and is read as far as this host
  /// knows it; a member that came later has its default where an action is shorter than that.
  private static let levelOne = UInt64(
    (MemoryLayout<bh_action>.offset(of: \.user) ?? 0) + MemoryLayout<UnsafeRawPointer>.size)

  private static func read(
    _ plugin: UnsafePointer<bh_plugin>
  ) throws(Objection) -> [String: PluginFunction] {
    let count = Int(plugin.pointee.action_count)
    let stride = plugin.pointee.action_size
    guard count <= actionLimit, stride >= levelOne, stride % 8 == 0,
      stride <= 4096,
      count == 0 || plugin.pointee.actions != nil
    else {
      throw Objection(
        "its bh_plugin lists \(count) actions of \(stride) bytes, which cannot be",
        cure: "make the table with BH_PLUGIN(...)")
    }
    var functions: [String: PluginFunction] = [:]
    guard count > 0, let first = UnsafeRawPointer(plugin.pointee.actions) else { return functions }
    for index in 0..<count {
      let action = first.advanced(by: index * Int(stride)).assumingMemoryBound(to: bh_action.self)
      guard action.pointee.size >= levelOne, action.pointee.size <= stride, let text = action.pointee.name,
        strnlen(text, nameLimit) < nameLimit, let name = String(validatingCString: text),
        let function = action.pointee.run
      else {
        throw Objection(
          "action \(index) of its bh_plugin is not complete",
          cure: "make it with BH_ACTION(\"name\", function)")
      }
      guard action.pointee.flags == 0 else {
        throw Objection(
          "the action \"\(name)\" of its bh_plugin has the flags \(action.pointee.flags), which this host does not know",
          cure: "make it with BH_ACTION(\"name\", function), or install a newer bulkhead")
      }
      let known = functions.updateValue(PluginFunction(call: function, descriptor: action), forKey: name)
      guard known == nil else {
        throw Objection("its bh_plugin has the action \"\(name)\" twice", cure: "remove one of them")
      }
    }
    return functions
  }

  private static func compare(_ code: Set<String>, _ manifest: Set<String>) throws(Objection) {
    if let name = manifest.subtracting(code).min() {
      throw Objection(
        "its manifest promises the action \"\(name)\", but its bh_plugin_entry gives no function for it",
        cure: "add BH_ACTION(\"\(name)\", …) to its actions, or take it out of the manifest")
    }
    if let name = code.subtracting(manifest).min() {
      throw Objection(
        "its bh_plugin_entry gives the action \"\(name)\", but its manifest does not list it",
        cure: "add \"\(name)\" to the manifest, or take it out of the code")
    }
  }
}

/// One entry of a loaded plug-in: its function, and the descriptor that the plug-in gave it with.
// SAFETY: addresses in a library that is never unloaded; the descriptor is never written.
package struct PluginFunction: @unchecked Sendable {
  package let call: bh_action_fn
  package let descriptor: UnsafePointer<bh_action>

  package init(call: @escaping bh_action_fn, descriptor: UnsafePointer<bh_action>) {
    self.call = call
    self.descriptor = descriptor
  }
}

/// Why a plug-in does not want to be loaded: what it gave to `fail` in its entry, where there is no run.
enum LoadRefusal {
  private static let said = Mutex<String?>(nil)

  static func forget() { said.withLock { $0 = nil } }

  /// The first one counts.
  static func note(_ text: String) { said.withLock { if $0 == nil { $0 = text } } }

  /// Of an entry that returned NULL.
  static func objection() -> Objection {
    guard let why = said.withLock({ $0 }), !why.isEmpty else {
      return Objection(
        "its bh_plugin_entry returned NULL",
        cure: "ask the plug-in's author why it refuses this host; bh_refuse would say it")
    }
    return Objection("it refuses to be loaded: \(why)", cure: "give it what it asks for, and put it in again")
  }
}

/// The plug-in levels that this host runs.
package struct HostABI: Sendable, Equatable {
  package let minimum: Int
  package let current: Int

  package init(minimum: Int, current: Int) {
    self.minimum = minimum
    self.current = current
  }

  /// As the headers that this host was built with say.
  package init() { self.init(minimum: 1, current: Int(BH_ABI_LEVEL)) }

  init(_ host: bh_host) { self.init(minimum: Int(host.abi_min), current: Int(host.abi_current)) }

  /// The two ranges have to meet.
  package func check(_ plugin: ABIRange) throws(Objection) {
    if plugin.minimumHost > current {
      throw Objection(
        "it needs a host of ABI level \(plugin.minimumHost), and this one has \(current)",
        cure: "install a newer bulkhead, or build the plug-in with the headers of this one")
    }
    if plugin.built < minimum {
      throw Objection(
        "it was built for ABI level \(plugin.built), and this host runs \(minimum) and newer",
        cure: "build it again with the headers of this bulkhead")
    }
  }
}
