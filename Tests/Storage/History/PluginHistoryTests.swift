import DataModel
import Glibc
import Storage
import TestSupport
import Testing

@Suite("Conformance: what is known of plug-ins over the years")
struct PluginHistoryTests {
  private func put(
    _ test: TestStore, _ name: String, _ state: PluginFile.State, manifest: String = "{}"
  ) throws {
    _ = try test.store.perform(
      PutPluginFile(
        PluginFile(
          file: name, state: state, pluginID: name, version: "1", sha256: name, manifest: manifest)))
  }

  private func files(_ test: TestStore) throws -> [PluginFile] { try test.store.perform(ListPlugins()).files }

  @Test(
    "a file that went goes with the jobs of its time; what is there stays", arguments: StoreFlavour.allCases)
  func pruned(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      try put(test, "active.so", .active)
      try put(test, "old.so", .removed)
      test.pass(milliseconds: 1000)
      try put(test, "young.so", .removed)
      let answer = try test.store.perform(PruneHistory(jobsBefore: test.now, keptFor: 1000))
      #expect(answer.isDone && answer.jobs == 0)
      #expect(try files(test).map(\.file) == ["active.so", "young.so"])
    }
  }

  @Test("the list fits a frame, however many files have come and gone", arguments: StoreFlavour.allCases)
  func bounded(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let text = String(repeating: "x", count: 1 << 20)
      try put(test, "active.so", .active, manifest: text)
      for number in 10..<30 {
        test.pass(milliseconds: 1)
        try put(test, "gone-\(number).so", .removed, manifest: text)
      }
      let list = try files(test)
      #expect(list.count == 21 && list.first { $0.file == "active.so" }?.manifest == text)
      #expect(
        list.filter { $0.state == .removed && !$0.manifest.isEmpty }.map(\.file)
          == [26, 27, 28, 29].map { "gone-\($0).so" })
    }
  }

  @Test("who revoked is told by the kernel, not by who asks", arguments: StoreFlavour.allCases)
  func revoker(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let hash = String(repeating: "a", count: 64)
      let revocation = Revocation(sha256: hash, who: "somebody else", reason: "it leaks")
      _ = try test.store.perform(RevokePlugin(revocation, isRevoked: true))
      let stored = try #require(try test.store.perform(ListRevocations()).first)
      #expect(stored.who == PeerUser.ofThisProcess && stored.reason == "it leaks")
      #expect(try test.store.perform(ListAudit(before: 0, limit: 1)).first?.who == stored.who)
      let long = Revocation(sha256: hash, who: "", reason: String(repeating: "é", count: 2049))
      #expect(refusal { try test.store.perform(RevokePlugin(long)) }?.code == .invalid)
    }
  }
}
