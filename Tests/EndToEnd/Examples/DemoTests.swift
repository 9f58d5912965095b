import Foundation
import TestSupport
import Testing

/// What the README's first block runs, with the command that is built already.
struct DemoTests {
  @Test("the demo leaves an engine to try; the next one begins afresh, and ends all of it when told to")
  func demo() async throws {
    let (first, then, second, after) = try await onThread { try Self.twice() }
    #expect(first.status == 0, "\(first.output)")
    #expect(then == 0, "no engine answers after the demo")
    #expect(second.status == 0, "\(second.output)")
    #expect(after == 69, "an engine answers after DEMO_EXIT=1")
    let wanted = [
      "Stopping the engine of an earlier demo", "checksum:tree", "web-1", "cancelled",
      "Done: engine and libvirtd have ended.",
    ]
    for words in wanted {
      #expect(second.output.contains(words), "\(words) is not in what the demo printed:\n\(second.output)")
    }
  }

  /// Both runs, and the exit code of `status` after each.
  private static func twice() throws -> (ToolRun, Int32, ToolRun, Int32) {
    let folder = NSTemporaryDirectory() + "bulkhead-demo-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    defer { _ = try? demo("stop", in: folder) }
    let status = ["status", "--store", "sqlite:\(folder)/bulkhead.db"]
    let first = try demo("start", in: folder)
    let then = try CommandRun(status).exitCode
    let second = try demo("start", in: folder, ["DEMO_EXIT=1"])
    return (first, then, second, try CommandRun(status).exitCode)
  }

  private static func demo(_ verb: String, in folder: String, _ settings: [String] = []) throws -> ToolRun {
    let fixed = ["env", "BULKHEAD=" + RunningEngine.executable, "DEMO_DIR=" + folder]
    return try ToolRun(fixed + settings + [PackageRoot.path + "/scripts/demo.sh", verb])
  }
}
