import Foundation
import PluginCheck
import TestSupport

/// A plug-in file whose source stands in the test, with one action per C function `int32_t f(bh_ctx *)`.
struct TriedPlugin {
  let file: String

  /// `parameters`: the properties of each action's schema, as JSON.
  init(_ source: String, actions: [String], parameters: String = "", flags: [String] = []) throws {
    let list = actions.map { "BH_ACTION(\"\($0)\", \($0))" }.joined(separator: ", ")
    let schema =
      parameters.isEmpty ? "" : #", "parameters": {"type": "object", "properties": {\#(parameters)}}"#
    let manifest = actions.map { #"{"name": "\#($0)", "kind": "action", "repeat": "idempotent"\#(schema)}"# }
    let text = """
      #include <bulkhead/all.h>
      #include <stdlib.h>
      BH_MANIFEST({"id": "tried", "version": "1.0.0", "abi": {"built": 1, "min_host": 1},
        "actions": [\(manifest.joined(separator: ", "))]});
      \(source)
      static const bh_action actions[] = {\(list)};
      BH_PLUGIN(actions)
      """
    let folder = Sample.root + "/.build/samples/inline"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let hash = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let path = "\(folder)/tried-\(String(hash, radix: 16)).c"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    file = try Sample.build(path, flags: ["-O1", "-pthread"] + flags)
  }

  /// Tries an action in real child processes.
  func run(_ action: String, _ runs: [TryRun], limit: Int64 = 60_000) async throws -> [TryReport] {
    try await Self.run(TryPlan(file: file, action: action, runs: runs, runLimitMilliseconds: limit))
  }

  static func run(_ plan: TryPlan) async throws -> [TryReport] {
    try await onThread {
      TryProcess.run(plan, command: [RunningEngine.executable, "plugin-try"])
    }
  }
}
