import CBulkheadPlugin
import DataModel
import Foundation
import TestSupport

@testable import PluginHost

/// A plug-in whose source stands in the test: compiled as a customer's, loaded without the loader.
// SAFETY: `plugin` points into a library that stays loaded, and is read-only.
struct InlinePlugin: @unchecked Sendable {
  private let library: UnsafeMutableRawPointer
  private let plugin: UnsafePointer<bh_plugin>?

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// `actions`: names of C functions `int32_t f(bh_ctx *)` in `source`, each an action of that name.
  init(_ source: String, actions: [String], compiler: String = "cc") throws {
    let list = actions.map { "BH_ACTION(\"\($0)\", \($0))" }.joined(separator: ", ")
    let text = """
      #include <bulkhead/all.h>
      \(source)
      BH_MANIFEST({"id": "inline", "version": "1.0.0"});
      static const bh_action actions[] = {\(list)};
      BH_PLUGIN(actions)
      """
    try self.init(text: text, compiler: compiler)
  }

  /// A library without an entry, for its functions alone.
  init(functions source: String) throws {
    try self.init(text: source, compiler: "cc")
  }

  private init(text: String, compiler: String) throws {
    let folder = Sample.root + "/.build/samples/inline"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let path = "\(folder)/inline-\(String(hash, radix: 16)).\(compiler == "cc" ? "c" : "cpp")"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try self.init(file: try Sample.build(path, flags: ["-O1", "-pthread"], compiler: compiler))
  }

  /// A plug-in that is built already.
  init(file: String) throws {
    guard let library = dlopen(file, RTLD_NOW | RTLD_LOCAL) else {
      throw Failure(description: String(cString: dlerror()))
    }
    self.library = library
    typealias Entry = @convention(c) (UnsafePointer<bh_host>?) -> UnsafePointer<bh_plugin>?
    plugin = dlsym(library, "bh_plugin_entry").flatMap {
      // SAFETY: the symbol's type is the ABI's.
      unsafeBitCast($0, to: Entry.self)(HostTables.shared.host)
    }
  }

  /// The function of an action.
  func action(_ name: String) throws -> PluginFunction {
    if let plugin = plugin?.pointee {
      for index in 0..<Int(plugin.action_count) {
        guard let action = plugin.actions.map({ $0 + index }), String(cString: action.pointee.name) == name
        else { continue }
        if let run = action.pointee.run { return PluginFunction(call: run, descriptor: action) }
      }
    }
    throw Failure(description: "no action \(name)")
  }

  /// The address of an exported function.
  func symbol(_ name: String) throws -> UnsafeMutableRawPointer {
    guard let symbol = dlsym(library, name) else { throw Failure(description: "no symbol \(name)") }
    return symbol
  }

  /// A run of an action that has not begun.
  func run(
    _ action: String, _ context: RecordingContext = RecordingContext(), params: String = "{}",
    cleanupMilliseconds: Int64 = 60_000, options: RunOptions = RunOptions()
  ) throws -> PluginRun {
    PluginRun(
      entry: try self.action(action), context: context, jobID: JobID(4711), fence: 7, attempt: 2,
      paramsJSON: params, cleanupMilliseconds: cleanupMilliseconds, options: options)
  }
}
