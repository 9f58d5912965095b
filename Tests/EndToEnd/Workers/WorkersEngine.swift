import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Threading

/// A real engine whose workers are what a test is about, and the plug-in `hog`, which wants everything.
struct WorkersEngine: Sendable {
  let engine: RunningEngine

  /// Runs `body` on a thread of its own, with the engine started and its plug-ins loaded. `settings` is what its
  /// configuration file says.
  static func run(
    _ settings: String = "", arguments: [String] = [], plugins: [String] = ["hog"],
    _ body: @escaping @Sendable (WorkersEngine) throws -> Void
  ) async throws {
    try await onThread {
      try configured(settings, arguments) { engine in
        for plugin in plugins { try install(plugin, engine) }
        try engine.start()
        for plugin in plugins { try engine.waitForPlugin(plugin) }
        try body(WorkersEngine(engine: engine))
      }
    }
  }

  /// An engine that was not started yet, ended after `body`.
  static func configured(
    _ settings: String, _ arguments: [String] = [], _ body: (RunningEngine) throws -> Void
  ) throws {
    let file = NSTemporaryDirectory() + "bulkhead-" + UUID().uuidString + ".yaml"
    try settings.write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let engine = try RunningEngine(serveArguments: ["--config", file] + arguments)
    defer { engine.end() }
    try body(engine)
  }

  static func install(_ plugin: String, _ engine: RunningEngine) throws {
    switch plugin {
    case "hog": try engine.install(source: hog, as: "hog")
    case "bench": try engine.install(Sample.bench(), as: "bench.so")
    default: try engine.install(Sample.witness(), as: "witness.so")
    }
  }

  var facts: [WorkerFacts] {
    get throws { try RemoteStore.connect(path: engine.socketPath, onEnd: {}).perform(ListWorkers()).workers }
  }

  /// The worker of a group.
  func worker(_ group: String) throws -> WorkerFacts? { try facts.first { $0.node.group == group } }

  /// Waits until what is asked is true; false when half a minute passed first.
  func wait(until isTrue: () throws -> Bool) throws -> Bool {
    let limit = MonotonicClock.nanoseconds + 30_000_000_000
    let pause = Bell()
    while MonotonicClock.nanoseconds < limit {
      if try isTrue() { return true }
      pause.wait(milliseconds: 20)
    }
    return false
  }

  func submit(_ action: String, _ parameters: [String: String] = [:], count: Int = 1) throws -> [JobID] {
    try engine.client().submit(
      Submission(action: action, assignments: parameters.map { (name: $0.key, text: $0.value) }), count: count
    )
  }

  /// Runs a job to its rest.
  func run(_ action: String, _ parameters: [String: String] = [:]) throws -> JobRow {
    let client = try engine.client()
    return try client.watch(try submit(action, parameters)[0]) { _ in true }
  }

  func running(_ id: JobID) throws -> JobRow {
    try engine.client().watch(id) { $0.status != .live(.running) && !$0.status.isAtRest }
  }

  func result(_ job: JobRow) throws -> [String: JSONValue] {
    guard case .ended(let end) = job.status, let text = end.result else { return [:] }
    return try JSONValue(parsing: text).objectValue ?? [:]
  }

  func command(_ arguments: String...) throws -> CommandRun {
    try CommandRun(arguments + ["--store", engine.storeArgument])
  }

  /// `eat` touches megabytes, `threads` starts as many as it may, `whoami` tells its user, `stray` leaves a process in
  /// a session of its own, `hang` says nothing for a while, `reach` tries to open a socket and stop the engine.
  private static let hog = """
    #define _GNU_SOURCE
    #include <bulkhead/all.h>
    #include <pthread.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    BH_MANIFEST({"id": "hog", "version": "1.0.0", "abi": {"built": 1, "min_host": 1}, "actions": [
      {"name": "eat", "kind": "action", "parameters": {"type": "object", "properties": {"mib": {"type": "integer"}}}},
      {"name": "threads", "kind": "action", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}},
      {"name": "whoami", "kind": "action"},
      {"name": "stray", "kind": "action", "parameters": {"type": "object", "properties": {"file": {"type": "string"}}}}]});
    static int32_t eat(bh_ctx *ctx) {
      size_t bytes = (size_t)bh_param_i64(ctx, "mib", 0) << 20;
      char *memory = malloc(bytes);
      if (!memory) return bh_fail(ctx, BH_IO, "malloc gave nothing");
      memset(memory, 1, bytes);
      __asm__ volatile("" : : "r"(memory) : "memory");
      free(memory);
      return BH_OK;
    }
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static void *idle(void *none) { pthread_mutex_lock(&lock); pthread_mutex_unlock(&lock); return none; }
    static int32_t threads(bh_ctx *ctx) {
      int wanted = (int)bh_param_i64(ctx, "n", 0), made = 0;
      pthread_t *all = calloc((size_t)wanted, sizeof *all);
      pthread_mutex_lock(&lock);
      while (made < wanted && pthread_create(&all[made], NULL, idle, NULL) == 0) made++;
      pthread_mutex_unlock(&lock);
      for (int i = 0; i < made; i++) pthread_join(all[i], NULL);
      free(all);
      char json[64];
      snprintf(json, sizeof json, "{\\"made\\":%d}", made);
      return bh_result_json(ctx, json);
    }
    static int32_t whoami(bh_ctx *ctx) {
      char json[64];
      snprintf(json, sizeof json, "{\\"uid\\":%d,\\"pid\\":%d}", (int)getuid(), (int)getpid());
      return bh_result_json(ctx, json);
    }
    static int32_t stray(bh_ctx *ctx) {
      const char *file = bh_param_str(ctx, "file", "");
      pid_t child = fork();
      if (child < 0) return BH_IO;
      if (child == 0) {
        setsid();
        char name[512];
        FILE *out = fopen(file, "w");
        snprintf(name, sizeof name, "%d\\n", (int)getpid());
        fputs(name, out);
        fclose(out);
        for (;;) pause();
      }
      return bh_sleep(ctx, 600000);
    }
    static const bh_action actions[] = {BH_ACTION("eat", eat), BH_ACTION("threads", threads),
                                        BH_ACTION("whoami", whoami), BH_ACTION("stray", stray)};
    BH_PLUGIN(actions)
    """
}
