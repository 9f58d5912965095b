import DataModel
import Foundation
import PluginHost
import Storage
import TestSupport
import Testing
import Threading

@testable import JobEngine

/// Lets the answers of questions wait, and notes which questions each claim names.
private final class SlowAnswers: Store {
  struct State: Sendable {
    var claims: [[Int64]] = []
    var isAnswering = false
    var mayAnswer = false
    var isTaken: Bool?
  }

  let state = Threading.Condition(State())
  private let store: any Store

  init(_ store: any Store) { self.store = store }

  func perform<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply {
    if let claim = verb as? ClaimReconciles { state.update { $0.claims.append(claim.asking) } }
    guard verb is FinishReconcile else { return try store.perform(verb) }
    state.update { $0.isAnswering = true }
    _ = state.wait(milliseconds: 10_000) { $0.mayAnswer ? true : nil }
    let reply = try store.perform(verb)
    state.update { $0.isTaken = reply as? Bool }
    return reply
  }

  func observe(
    _ interest: StoreInterest, _ handler: @escaping @Sendable (StoreSignal) -> Void
  ) throws(StoreError) -> StoreObservation { try store.observe(interest, handler) }
}

/// The thread that asks for lost jobs.
@Suite("Asking for lost jobs") struct ReconcileLoopTests {
  private static let source = """
    #include <bulkhead/all.h>
    BH_MANIFEST({"id": "test", "version": "1.0.0", "abi": {"built": 1, "min_host": 1}, "actions": [
      {"name": "noop"}, {"name": "look", "kind": "reconcile", "reconciles": ["noop"]}]});
    static int32_t noop(bh_ctx *ctx) { return (void)ctx, BH_OK; }
    static int32_t look(bh_ctx *ctx) { return bh_reconcile_not_started(ctx, "nothing is there"); }
    static const bh_action actions[] = {BH_ACTION("noop", noop), BH_ACTION("look", look)};
    BH_PLUGIN(actions)
    """

  /// A table that has loaded it.
  private static func table() throws -> GenerationTable {
    let file = NSTemporaryDirectory() + "bulkhead-look-" + UUID().uuidString + ".c"
    try source.write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let image = try Sample.build(file)
    let manifest = """
      {"id": "test", "version": "1.0.0", "abi": {"built": 1, "min_host": 1}, "actions": [
        {"name": "noop"}, {"name": "look", "kind": "reconcile", "reconciles": ["noop"]}]}
      """
    let table = GenerationTable(
      loader: PluginLoader(host: HostTables.shared.host), group: WorkerGroup.shared)
    let plugin = PluginFile(
      file: "test.so", state: .active, pluginID: "test", version: "1.0.0",
      sha256: try PluginContent.hash(of: image), manifest: manifest, image: image)
    var problems: [String] = []
    table.refresh(PluginList(revision: 1, files: [plugin], reports: [])) { _, problem in
      if let problem { problems.append(problem) }
    }
    #expect(problems == [])
    return table
  }

  @Test("an answer that is on its way is not lost to a claim that comes before it")
  func slowAnswer() async throws {
    try await onThread {
      let test = try TestStore()
      defer { test.end() }
      let node = try test.makeNode()
      let job = try test.job(in: .lost, node).job
      let store = SlowAnswers(test.store)
      let session = StoreSession(local: store, process: TestStore.process(), node: node)
      let bell = Bell()
      let loop = ReconcileLoop(
        session: session, generations: try Self.table(), timer: .shared, bell: bell, isDraining: { false })
      let thread = OSThread("asking") { loop.run() }
      #expect(store.state.wait(milliseconds: 10_000) { $0.isAnswering ? true : nil } == true)
      let count = store.state.withLock { $0.claims.count }
      bell.ring()
      let asked = store.state.wait(milliseconds: 10_000) { $0.claims.count > count ? $0.claims[count] : nil }
      #expect(asked?.count == 1, "the claim names the question whose answer is on its way")
      store.state.update { $0.mayAnswer = true }
      #expect(store.state.wait(milliseconds: 10_000) { $0.isTaken } == true)
      #expect(try test.state(job) == "ready", "its run has ended, and nothing was begun")
      session.end()
      bell.ring()
      thread.join()
    }
  }
}
