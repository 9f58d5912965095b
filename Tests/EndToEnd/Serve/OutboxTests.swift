import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing
import Threading

/// What was reached while nobody served outlives the worker that reached it.
@Suite(.serialized) struct OutboxTests {
  /// Ends as asked when a file is there: so a test decides what comes before it.
  static let source = """
    #include <bulkhead/all.h>
    #include <unistd.h>
    BH_MANIFEST({"id": "gate", "version": "1.0.0", "abi": {"built": 1, "min_host": 1}, "actions": [
      {"name": "never", "kind": "action", "repeat": "never", "parameters": {"type": "object", "properties":
        {"file": {"type": "string"}, "code": {"type": "integer"}}, "required": ["file", "code"]}},
      {"name": "idempotent", "kind": "action", "repeat": "idempotent", "parameters": {"type": "object", "properties":
        {"file": {"type": "string"}, "code": {"type": "integer"}}, "required": ["file", "code"]}}]});
    static int32_t pass(bh_ctx *ctx) {
      const char *path = bh_param_str(ctx, "file", "");
      while (access(path, F_OK) != 0) {
        int32_t code = bh_sleep(ctx, 10);
        if (code < 0) return code;
      }
      return (int32_t)bh_param_i64(ctx, "code", 0);
    }
    static const bh_action actions[] = {BH_ACTION("never", pass), BH_ACTION("idempotent", pass)};
    BH_PLUGIN(actions)
    """

  @Test("serve is killed, jobs end, their worker is killed: the next serve knows how each ended")
  func bothKilled() async throws {
    try await onThread {
      let engine = try Self.engine()
      defer { engine.end() }
      let client = try engine.client()
      // Different, so that none can be guessed from another.
      let outcomes: [(code: Int, name: String)] = [(0, "succeeded"), (2, "warning"), (-5, "failed")]
      let ids = try outcomes.map { try Self.submit(client, engine, "gate:never", $0.code) }
      let again = try Self.submit(client, engine, "gate:idempotent", 2)
      let open = try Self.submit(client, engine, "gate:never", 0, gate: "closed")
      for id in ids + [again, open] { _ = try client.watch(id) { $0.status != .live(.running) } }
      let worker = try #require(try engine.workers().first)
      engine.killServe()
      try Data().write(to: URL(fileURLWithPath: engine.folder + "/open"))
      let file = try #require(Self.waitForOutcomes(4, in: engine))
      #expect(try Self.mode(file) == 0o600)
      #expect(try Self.mode(URL(fileURLWithPath: file).deletingLastPathComponent().path) == 0o700)
      worker.signal(SIGKILL)
      _ = worker.waitForEnd(milliseconds: 10_000)
      try engine.start()
      let after = try engine.client()
      for (id, outcome) in zip(ids, outcomes) {
        #expect(try after.watch(id) { _ in true }.status.name == outcome.name)
        #expect(try after.events(id).map(\.reason) == [.submitted, .claimed, .started, .returned])
      }
      let repeated = try after.watch(again) { _ in true }
      #expect(repeated.status.name == "warning")
      #expect(repeated.attempt == 1, "it had ended, and was not run again")
      #expect(try after.watch(open) { _ in true }.status == .live(.lost))
      #expect(!FileManager.default.fileExists(atPath: file))
      #expect(engine.waitForOutput("4 outcomes in its outbox"))
    }
  }

  @Test("a worker that tells its outcomes itself leaves no outbox behind")
  func told() async throws {
    try await onThread {
      let engine = try Self.engine()
      defer { engine.end() }
      let client = try engine.client()
      let id = try Self.submit(client, engine, "gate:never", 2)
      _ = try client.watch(id) { $0.status != .live(.running) }
      engine.killServe()
      try Data().write(to: URL(fileURLWithPath: engine.folder + "/open"))
      let file = try #require(Self.waitForOutcomes(1, in: engine))
      try engine.start()
      #expect(try engine.client().watch(id) { _ in true }.status.name == "warning")
      let limit = MonotonicClock.nanoseconds + 10_000_000_000
      while FileManager.default.fileExists(atPath: file), MonotonicClock.nanoseconds < limit {
        Bell().wait(milliseconds: 5)
      }
      #expect(!FileManager.default.fileExists(atPath: file))
    }
  }

  @Test("as root, outcomes of a worker of another user outlive it in a folder of that user's own")
  func otherUser() async throws {
    guard getuid() == 0, let nobody = UserAccount("nobody") else { return }
    try await onThread {
      try WorkersEngine.configured("worker: {user: nobody}") { engine in
        chmod(engine.folder, 0o755)
        try engine.install(source: Self.source, as: "gate")
        try engine.start()
        try engine.waitForPlugin("gate")
        let client = try engine.client()
        let id = try Self.submit(client, engine, "gate:never", 2)
        _ = try client.watch(id) { $0.status != .live(.running) }
        let worker = try #require(try engine.workers().first)
        // The next engine takes it over, and lets it speak.
        engine.killServe()
        try engine.start()
        let second = try Self.submit(try engine.client(), engine, "gate:never", 0)
        _ = try engine.client().watch(second) { $0.status != .live(.running) }
        #expect(try engine.workers().map(\.facts.pid) == [worker.facts.pid])
        #expect(try engine.client().job(id).status == .live(.running))
        engine.killServe()
        try Data().write(to: URL(fileURLWithPath: engine.folder + "/open"))
        let file = try #require(Self.waitForOutcomes(2, in: engine, "/user-\(nobody.uid)"))
        worker.signal(SIGKILL)
        _ = worker.waitForEnd(milliseconds: 10_000)
        try engine.start()
        #expect(try engine.client().watch(id) { _ in true }.status.name == "warning")
        #expect(!FileManager.default.fileExists(atPath: file))
      }
    }
  }

  private static func engine() throws -> RunningEngine {
    let engine = try RunningEngine()
    let path = engine.folder + "/gate.c"
    try source.write(toFile: path, atomically: true, encoding: .utf8)
    try engine.install(Sample.build(path), as: "gate.so")
    try engine.start()
    try engine.waitForPlugin("gate")
    return engine
  }

  private static func submit(
    _ client: JobClient, _ engine: RunningEngine, _ action: String, _ code: Int, gate: String = "open"
  ) throws -> JobID {
    try client.submit(
      Submission(
        action: action,
        assignments: [(name: "file", text: engine.folder + "/" + gate), (name: "code", text: "\(code)")]))[0]
  }

  /// The outbox that holds so many outcomes; nil when there is none in time.
  private static func waitForOutcomes(_ count: Int, in engine: RunningEngine, _ user: String = "") -> String?
  {
    let folder = engine.folder + "/bulkhead.db.outbox" + user
    let limit = MonotonicClock.nanoseconds + 20_000_000_000
    while MonotonicClock.nanoseconds < limit {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
        let bytes = [UInt8](FileManager.default.contents(atPath: folder + "/" + name) ?? Data())
        if let cursor = try? OutboxCursor(over: bytes), cursor.count == count { return folder + "/" + name }
      }
      Bell().wait(milliseconds: 5)
    }
    return nil
  }

  private static func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
  }
}

extension OutboxCursor {
  fileprivate init(over bytes: [UInt8]) throws {
    try self.init { offset, count in Array(bytes.dropFirst(offset).prefix(count)) }
  }

  fileprivate var count: Int {
    var copy = self
    var count = 0
    while (try? copy.next()) ?? nil != nil { count += 1 }
    return count
  }
}
