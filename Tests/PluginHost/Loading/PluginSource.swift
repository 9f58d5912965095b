import Foundation
import TestSupport

/// A small plug-in written by a test and built by `cc` like any other: right in all but what the test is
/// about.
struct PluginSource {
  var id = "small"
  var version = "1.0.0"
  /// The whole manifest, when it is to be another one than a right one with the action `act`.
  var manifest: String?
  /// C code before the actions: constructors, other notes.
  var code = ""
  /// The macro calls that end the file.
  var ending = "static const bh_action actions[] = {BH_ACTION(\"act\", act)};\nBH_PLUGIN(actions)"

  static func manifest(_ id: String, _ version: String = "1.0.0") -> String {
    """
    {"id": "\(id)", "version": "\(version)", "abi": {"built": 1, "min_host": 1},
     "actions": [{"name": "act", "parameters": {}, "result": {}}]}
    """
  }

  private var text: String {
    let note = manifest ?? Self.manifest(id, version)
    return """
      #include <bulkhead/all.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <unistd.h>
      \(note.isEmpty ? "" : "BH_MANIFEST(\(note));")
      static int32_t act(bh_ctx *ctx) { (void)ctx; return BH_OK; }
      \(code)
      \(ending)
      """
  }

  /// FNV-1a, to tell contents apart.
  private static func digest(_ text: String) -> String {
    String(
      text.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 16)
  }

  /// The path of the built `.so`. `suffix` "cpp" builds it as C++.
  func build(flags: [String] = [], suffix: String = "c") throws -> String {
    let folder = Sample.root + "/.build/samples/sources"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // One name for one content: tests that run at once must not write over each other's source.
    let path = "\(folder)/\(id)-\(Self.digest(text)).\(suffix)"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return try Sample.build(path, flags: flags, compiler: suffix == "cpp" ? "c++" : "cc")
  }
}

/// A folder for one test, only for its user, gone with the value.
final class TemporaryFolder: Sendable {
  /// Without symbolic links on the way.
  let path: String

  init() throws {
    var name = Array("/tmp/bulkhead-loading-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { throw ToolFailure("cannot make a temporary folder") }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Copies a file to `name` and gives its path; mode 0644 whatever the source had.
  @discardableResult
  func copy(_ source: String, as name: String) throws -> String {
    let data = try Data(contentsOf: URL(fileURLWithPath: source))
    return try write(data, as: name)
  }

  @discardableResult
  func write(_ data: Data, as name: String) throws -> String {
    let target = path + "/" + name
    guard
      FileManager.default.createFile(atPath: target, contents: data, attributes: [.posixPermissions: 0o644])
    else { throw ToolFailure("cannot write \(target)") }
    return target
  }
}

/// The command that tries a plug-in: the built `bulkhead`, beside this test's own program.
enum TrialCommand {
  static var words: [String] {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = URL(fileURLWithPath: own).deletingLastPathComponent()
    return [folder.appendingPathComponent("bulkhead").path, "plugin-trial"]
  }
}
