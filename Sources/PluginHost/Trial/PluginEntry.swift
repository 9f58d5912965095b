import CBulkheadPlugin
import CPluginRuntime
package import DataModel
import Glibc

/// The functions that a loaded plug-in gives, held against its manifest.
struct PluginEntry {
  private static let actionLimit = 1000
  private static let nameLimit = 129

  private typealias Entry = @convention(c) (UnsafePointer<bh_host>?) -> UnsafePointer<bh_plugin>?

  let functions: [String: bh_action_fn]

  /// Calls `bh_plugin_entry` of an opened library and checks what it returned: ABI level and the pairs of
  /// name and function, both ways.
  init(
    _ library: UnsafeMutableRawPointer, host: UnsafePointer<bh_host>, manifest: Manifest
  ) throws(Objection) {
    guard let symbol = dlsym(library, ELFFile.entryName) else { throw Self.noEntry }
    // SAFETY: the symbol is the plug-in's exported entry, whose signature the ABI fixes.
    let entry = unsafeBitCast(symbol, to: Entry.self)
    guard let plugin = try Self.call(entry, host) else {
      throw Objection(
        "its bh_plugin_entry returned NULL", cure: "ask the plug-in's author why it refuses this host")
    }
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

  private static func read(_ plugin: UnsafePointer<bh_plugin>) throws(Objection) -> [String: bh_action_fn] {
    let count = Int(plugin.pointee.action_count)
    let stride = plugin.pointee.action_size
    guard count <= actionLimit, stride >= UInt64(MemoryLayout<bh_action>.size), stride % 8 == 0,
      stride <= 4096,
      count == 0 || plugin.pointee.actions != nil
    else {
      throw Objection(
        "its bh_plugin lists \(count) actions of \(stride) bytes, which cannot be",
        cure: "make the table with BH_PLUGIN(...)")
    }
    var functions: [String: bh_action_fn] = [:]
    guard count > 0, let first = UnsafeRawPointer(plugin.pointee.actions) else { return functions }
    for index in 0..<count {
      let action = first.advanced(by: index * Int(stride)).assumingMemoryBound(to: bh_action.self)
      guard action.pointee.size >= UInt32(MemoryLayout<bh_action>.size), let text = action.pointee.name,
        strnlen(text, nameLimit) < nameLimit, let name = String(validatingCString: text),
        let function = action.pointee.run
      else {
        throw Objection(
          "action \(index) of its bh_plugin is not complete",
          cure: "make it with BH_ACTION(\"name\", function)")
      }
      guard functions.updateValue(function, forKey: name) == nil else {
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
