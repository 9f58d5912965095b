import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport
import Threading

/// A real engine with the plug-in `pad`, whose jobs carry as much text as a test wants.
struct StoreEngine: Sendable {
  static let kind = JobKind(plugin: "pad", action: "hold")
  let engine: RunningEngine

  /// Not started yet.
  init(_ serveArguments: [String] = []) throws {
    engine = try RunningEngine(serveArguments: serveArguments)
  }

  /// One that runs jobs of `pad`, for a body that may block; it ends with it.
  static func run(
    _ serveArguments: [String] = [], _ body: @escaping @Sendable (StoreEngine) throws -> Void
  ) async throws {
    try await onThread {
      let test = try StoreEngine(serveArguments)
      defer { test.engine.end() }
      try test.installPad()
      try test.start()
      try body(test)
    }
  }

  func installPad() throws {
    let source = engine.folder + "/pad.c"
    try Self.pad.write(toFile: source, atomically: true, encoding: .utf8)
    try engine.install(Sample.build(source), as: "pad.so")
  }

  /// Starts it and waits until jobs of `pad` are run.
  func start(environment: [String: String] = [:]) throws {
    try engine.start(environment: environment)
    try engine.waitForPlugin("pad")
  }

  /// Jobs that were accepted, all at once.
  func submit(_ count: Int, milliseconds: Int = 0, text: Int = 1, store: (any Store)? = nil) throws -> [JobID]
  {
    let params = "{\"ms\":\(milliseconds),\"text\":\"\(String(repeating: "x", count: text))\"}"
    let job = JobRequest(kind: Self.kind, params: params, repeatRule: .idempotent)
    let batch = SubmitJobs(batchID: JobClient.random16(), jobs: Array(repeating: job, count: count))
    return try (store ?? engine.connect()).perform(batch)
  }

  /// Waits until each of them has ended; the names of their outcomes.
  func outcomes(_ ids: [JobID]) throws -> Set<String> {
    let client = try engine.client()
    return Set(try ids.map { try client.watch($0) { _ in true }.status.name })
  }

  func command(_ arguments: String...) throws -> CommandRun {
    try CommandRun(arguments + ["--store", engine.storeArgument])
  }

  /// A `serve` that is expected to end by itself.
  func refusedServe(_ arguments: String...) throws -> CommandRun {
    try CommandRun(["serve", "--plugins", engine.pluginFolder, "--store", engine.storeArgument] + arguments)
  }

  /// Waits until a question is answered as wanted: looks again at each change of the job, and every 100 ms.
  func eventually(milliseconds: Int64 = 30_000, _ isTrue: () throws -> Bool) throws -> Bool {
    let limit = MonotonicClock.nanoseconds + milliseconds * 1_000_000
    let bell = Bell()
    while MonotonicClock.nanoseconds < limit {
      if try isTrue() { return true }
      bell.wait(milliseconds: 100)
    }
    return false
  }

  private static let pad = """
    #include <bulkhead/all.h>
    BH_MANIFEST({"id": "pad", "version": "1.0.0", "abi": {"built": 1, "min_host": 1},
      "actions": [{"name": "hold", "kind": "action", "repeat": "idempotent",
        "parameters": {"type": "object", "properties": {
          "ms": {"type": "integer", "minimum": 0}, "text": {"type": "string"}}}}]});
    static int32_t hold(bh_ctx *ctx) {
      bh_log(ctx, BH_INFO, "held");
      return bh_sleep(ctx, (uint64_t)bh_param_i64(ctx, "ms", 0));
    }
    static const bh_action actions[] = {BH_ACTION("hold", hold)};
    BH_PLUGIN(actions)
    """
}
