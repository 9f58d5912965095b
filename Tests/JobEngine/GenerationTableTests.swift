import DataModel
import PluginHost
import Storage
import Synchronization
import Testing

@testable import JobEngine

/// A plug-in that could not be loaded is tried again, later and later.
@Suite("The table of generations") struct GenerationTableTests {
  private static let list = PluginList(
    revision: 1,
    files: [
      PluginFile(
        file: "a.so", state: .active, pluginID: "a", version: "1", sha256: String(repeating: "0", count: 64),
        manifest: "{}", image: "/nowhere/a.so")
    ], reports: [])

  @Test("one that cannot be loaded is tried after 5 seconds, then 10, and at once on a new connection")
  func retries() {
    let clock = Atomic<Int64>(0)
    let table = GenerationTable(
      loader: PluginLoader(host: HostTables.shared.host), group: WorkerGroup.shared
    ) {
      clock.load(ordering: .relaxed)
    }
    var problems = 0
    func refresh(after seconds: Int64) {
      clock.add(seconds * 1_000_000_000, ordering: .relaxed)
      table.refresh(Self.list) { _, problem in problems += problem == nil ? 0 : 1 }
    }
    #expect(table.millisecondsToRetry == nil)
    refresh(after: 0)
    #expect(problems == 1)
    #expect(table.millisecondsToRetry == 5001)
    refresh(after: 4)
    #expect(problems == 1)
    refresh(after: 1)
    #expect(problems == 2)
    refresh(after: 9)
    #expect(problems == 2)
    refresh(after: 1)
    #expect(problems == 3)
    table.retryAll()
    refresh(after: 0)
    #expect(problems == 4)
    table.refresh(PluginList(revision: 2, files: [], reports: [])) { _, _ in }
    #expect(table.millisecondsToRetry == nil)
  }
}
