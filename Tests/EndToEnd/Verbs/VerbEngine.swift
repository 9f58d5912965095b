import DataModel
import Foundation
import JobEngine
import Storage
import TestSupport

/// A real engine with the plug-in `talk`, and the verbs against it.
struct VerbEngine: Sendable {
  let engine: RunningEngine

  /// Runs `body` on a thread of its own with a fresh engine, which is ended after.
  static func run(_ body: @escaping @Sendable (VerbEngine) throws -> Void) async throws {
    try await onThread {
      let engine = try RunningEngine()
      defer { engine.end() }
      let source = engine.folder + "/talk.c"
      try talk.write(toFile: source, atomically: true, encoding: .utf8)
      try engine.install(Sample.build(source), as: "talk.so")
      try engine.install(Sample.witness(), as: "witness.so")
      try engine.start()
      for plugin in ["talk", "witness"] { try engine.waitForPlugin(plugin) }
      try body(VerbEngine(engine: engine))
    }
  }

  func command(_ arguments: String...) throws -> CommandRun {
    try CommandRun(arguments + ["--store", engine.storeArgument])
  }

  func started(_ arguments: String..., output: StartedCommand.Output = .pipe) throws -> StartedCommand {
    try StartedCommand(arguments + ["--store", engine.storeArgument], output: output)
  }

  /// Parses what a verb printed with `--json`: one document on one line.
  func json(_ arguments: String...) throws -> JSONValue {
    let run = try CommandRun(arguments + ["--store", engine.storeArgument, "--json"])
    guard run.output.split(separator: "\n").count == 1 else {
      throw RunningEngine.Failure("\(arguments) printed \(run.output)\(run.errors)")
    }
    return try JSONValue(parsing: run.output)
  }

  /// The parameters of `witness:never`.
  func witness(milliseconds: Int, outcome: String = "succeeded") -> [String] {
    ["file=\(engine.folder)/witness", "work_ms=\(milliseconds)", "outcome=\(outcome)"].flatMap {
      ["--param", $0]
    }
  }

  func submitWitness(milliseconds: Int) throws -> String {
    let run = try CommandRun(
      ["submit", "witness:never"] + witness(milliseconds: milliseconds) + ["--store", engine.storeArgument])
    return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Waits until the job runs.
  func running(_ id: String) throws {
    _ = try engine.client().watch(JobID(Int64(id) ?? 0)) { $0.status != .live(.running) }
  }

  /// Says all that a plug-in can say, with characters that would act on a terminal.
  private static let talk = """
    #include <bulkhead/all.h>
    BH_MANIFEST({"id": "talk", "version": "1.0.0", "abi": {"built": 1, "min_host": 1},
      "actions": [{"name": "say", "kind": "action",
        "parameters": {"type": "object", "properties": {"secret": {"type": "string", "format": "password"}}}}]});
    static const char evil[] = "half\\033]0;evil\\007\\nway";
    static int32_t say(bh_ctx *ctx) {
      bh_log(ctx, BH_WARN, evil);
      bh_progress(ctx, 5, 10, evil);
      int32_t code = bh_sleep(ctx, 300);
      return code < 0 ? code : bh_fail(ctx, BH_IO, evil);
    }
    static const bh_action actions[] = {BH_ACTION("say", say)};
    BH_PLUGIN(actions)
    """
}
