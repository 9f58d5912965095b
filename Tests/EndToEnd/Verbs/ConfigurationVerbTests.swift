import Foundation
import TestSupport
import Testing

@Suite("Configuration and completion")
struct ConfigurationVerbTests {
  @Test("`config check` says every value and its place, and ends with 64 when the file is wrong")
  func check() async throws {
    try await onThread {
      let folder = try TestStore.makeFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let file = folder + "/b.yaml"
      try "worker: {slots: 12}".write(toFile: file, atomically: true, encoding: .utf8)
      let right = try CommandRun(["config", "check", "--config", file])
      #expect(right.exitCode == 0 && right.output.contains("worker.slots       12"), "\(right)")
      let json = try CommandRun(["config", "check", "--json"], environment: ["BULKHEAD_CONFIG": file])
      #expect(json.output.contains(#"{"name":"worker.slots","value":"12","from":""#), "\(json)")
      try "worker: {slots: no}".write(toFile: file, atomically: true, encoding: .utf8)
      let wrong = try CommandRun(["config", "check", "--config", file])
      #expect(wrong.exitCode == 64 && wrong.errors.contains("b.yaml:1:17"), "\(wrong)")
      let serve = try CommandRun(["serve", "--config", file, "--store", "sqlite:\(folder)/a.db"])
      #expect(serve.exitCode == 64 && !FileManager.default.fileExists(atPath: folder + "/a.db"), "\(serve)")
      let missing = try CommandRun(["status", "--config", folder + "/none.yaml"])
      #expect(missing.exitCode == 64 && missing.errors.contains("no such file"), "\(missing)")
    }
  }

  @Test("the store of the configuration is found by every verb")
  func store() async throws {
    try await onThread {
      let folder = try TestStore.makeFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let file = folder + "/b.yaml"
      try "store: sqlite:\(folder)/jobs.db".write(toFile: file, atomically: true, encoding: .utf8)
      let run = try CommandRun(["status"], environment: ["BULKHEAD_CONFIG": file, "BULKHEAD_STORE": ""])
      #expect(run.exitCode == 69 && run.errors.contains(folder + "/jobs.db"), "\(run)")
    }
  }

  @Test("completion scripts are ones that their shell can read", arguments: ["bash", "zsh", "fish"])
  func scripts(shell: String) async throws {
    try await onThread {
      let run = try CommandRun(["completion", shell])
      #expect(run.exitCode == 0 && run.output.contains("---completion"), "\(run.errors)")
      guard shell == "bash" else { return }
      let folder = try TestStore.makeFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try run.output.write(toFile: folder + "/script", atomically: true, encoding: .utf8)
      let read = try ToolRun(["bash", "-n", folder + "/script"])
      #expect(read.status == 0, "\(read)")
    }
  }

  @Test("where no engine answers, nothing is offered and nothing is said")
  func quiet() async throws {
    try await onThread {
      let run = try CommandRun([
        "---completion", "jobs", "show", "--", "positional@0", "2", "0", "bulkhead", "jobs", "show",
        "--store",
        "sqlite:/nowhere/a.db",
      ])
      #expect(run.output.isEmpty && run.errors.isEmpty, "\(run)")
    }
  }
}
