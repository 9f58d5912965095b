import Foundation
import TestSupport
import Testing

/// What the README's first block runs, with the command that is built already.
struct DemoTests {
  @Test("the demo leaves an engine to try; the next one begins afresh, and ends all of it when told to")
  func demo() async throws {
    try await onThread {
      let folder = try Self.folder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      defer { _ = try? Self.demo([], verb: "stop", in: folder) }
      let status = ["status", "--store", "sqlite:\(folder)/bulkhead.db"]
      let first = try Self.demo([], in: folder)
      #expect(first.status == 0, "\(first.output)")
      #expect(try CommandRun(status).exitCode == 0, "the engine does not answer after the demo")
      let second = try Self.demo(["DEMO_EXIT=1"], in: folder)
      #expect(second.status == 0, "\(second.output)")
      #expect(second.output.contains("Stopping the engine of an earlier demo"))
      for word in ["checksum:tree", "web-1", "cancelled", "Done: engine and libvirtd have ended."] {
        #expect(second.output.contains(word), "\(word) is not in what the demo printed:\n\(second.output)")
      }
      #expect(try CommandRun(status).exitCode == 69, "an engine answers after DEMO_EXIT=1")
    }
  }

  private static func demo(_ settings: [String], verb: String = "start", in folder: String) throws -> ToolRun
  {
    let fixed = ["BULKHEAD=" + RunningEngine.executable, "DEMO_DIR=" + folder]
    return try ToolRun(["env"] + fixed + settings + [PackageRoot.path + "/scripts/demo.sh", verb])
  }

  private static func folder() throws -> String {
    let path = NSTemporaryDirectory() + "bulkhead-demo-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}
