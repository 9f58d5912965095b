import DataModel
import Foundation
import Glibc
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing

@Suite("End to end: signals in the middle of a verb", .timeLimit(.minutes(5)))
struct VerbSignalTests {
  /// Verbs that end by themselves soon: they may win against the signal.
  private static let short: [[String]] = [
    ["submit", "pad:hold", "--count", "3000"], ["jobs", "list"], ["jobs", "show", "1"],
    ["jobs", "logs", "1"],
    ["jobs", "events", "1"], ["jobs", "why", "1"], ["jobs", "cancel", "1"], ["plugins", "list"],
    ["plugins", "show", "pad"], ["workers", "list"], ["workers", "show", "1"], ["status"],
    ["store", "check"],
    ["jobs", "wait", "1"], ["jobs", "resolve", "1", "--as", "failed"], ["jobs", "reconcile", "1"],
    ["plugins", "revocations"], ["plugins", "revoke", "nobody"],
    ["plugins", "restore", String(repeating: "0", count: 64)],
    ["audit", "list"], ["doctor", "--only", "store.*"], ["submit", "pad:hold", "--wait"],
    ["workers", "drain", "99"], ["workers", "kill", "99"],
  ]
  /// Those that need no engine, and change nothing.
  private static let local: [[String]] = [
    ["config", "check"], ["config", "example"], ["completion", "bash"], ["sdk", "schema"],
    ["sdk", "header", "pad.so"],
    ["plugin", "inspect", "pad.so"], ["plugin", "verify", "pad.so", "--keys", "."],
    ["plugin", "keys", "list", "--keys", "."],
    ["plugin", "run", "pad.so", "hold", "--param", "ms=300"], ["plugin", "check", "pad.so", "--static"],
    ["plugin", "check", "pad.so", "--budget", "300ms"],
    ["verify", "--seeds", "20"],
  ]

  /// What a verb that wins against the signal may say: these are refused, or find nothing.
  private static func answers(_ verb: [String]) -> Set<Int32?> {
    switch verb[0] + " " + (verb.count > 1 ? verb[1] : "") {
    case "jobs cancel", "jobs resolve", "jobs reconcile": [7]
    case "plugins revoke", "plugins restore", "workers drain", "workers kill", "workers show": [6]
    case "doctor --only", "plugin check": [1]
    case "plugin verify", "plugin inspect", "plugin keys", "sdk header": [7]
    case "plugin run": [3]
    default: []
    }
  }

  @Test("a verb without an engine ends by the signal or with its work, and leaves no file behind")
  func localVerbs() async throws {
    try await onThread {
      let test = try StoreEngine()
      defer { test.engine.end() }
      try test.installPad()
      let folder = try TestStore.makeFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try FileManager.default.copyItem(
        atPath: test.engine.pluginFolder + "/pad.so", toPath: folder + "/pad.so")
      let project = "made"
      for verb in Self.local + [["plugin", "new", "maker", "--output", project]] {
        for (index, signal) in [SIGTERM, SIGINT, SIGHUP].enumerated() {
          let words = verb.map { ["pad.so", ".", project].contains($0) ? folder + "/" + $0 : $0 }
          let command = try StartedCommand(words)
          for _ in 0..<(index * 3000) { sched_yield() }
          command.signal(signal)
          let end = command.end()
          #expect(
            end == 0 || end == signal || end == 128 + signal || Self.answers(verb).contains(end),
            "\(verb): \(String(describing: end)) \(command.text)")
          // Its rules speak of stacks and crashes.
          if verb[1] != "check" || verb[0] != "plugin" { expectQuiet(command.text, verb) }
          let made = try FileManager.default.contentsOfDirectory(atPath: folder)
          #expect(Set(made).isSubset(of: ["pad.so", "made"]), "\(verb): \(made)")
          if made.contains("made") {
            #expect(FileManager.default.fileExists(atPath: folder + "/made/Makefile"), "\(verb)")
            try FileManager.default.removeItem(atPath: folder + "/made")
          }
        }
      }
    }
  }

  private func expectQuiet(_ text: String, _ verb: [String]) {
    for word in ["Fatal", "fatal", "Crash", "Backtrace", "stack", "Thread 0"] {
      #expect(!text.contains(word), "\(verb): \(text)")
    }
  }

  @Test("a short verb ends by the signal or with its work, says nothing else, and leaves nothing half-made")
  func shortVerbs() async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      _ = try test.outcomes(test.submit(1))
      for verb in Self.short {
        for signal in [SIGTERM, SIGINT, SIGHUP] {
          let command = try StartedCommand(verb + ["--store", engine.storeArgument])
          command.signal(signal)
          let end = command.end()
          #expect(
            end == 0 || end == signal || end == 128 + signal || Self.answers(verb).contains(end),
            "\(verb): \(String(describing: end)) \(command.text)")
          expectQuiet(command.text, verb)
        }
      }
      // A batch of a submit is there as a whole or not at all; three more were made one at a time.
      let client = try engine.client()
      let jobs = try client.jobs(ListJobs(limit: 10_000)).count
      #expect((1...4).contains(jobs % 1000), "\(jobs)")
      #expect(try test.command("store", "check").exitCode == 0)
    }
  }

  @Test(
    "a verb that waits says what goes on without it, on a line of its own",
    arguments: [(Int32(2), Int32(130)), (15, 143), (1, 129)])
  func waiting(_ signal: Int32, _ code: Int32) async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      let submit = try StartedCommand(
        ["submit", "pad:hold", "--param", "ms=60000", "--wait", "--store", engine.storeArgument],
        output: .terminal)
      #expect(submit.waitForText("running"))
      submit.signal(signal)
      #expect(submit.end() == code, "\(submit.text)")
      // The line that was drawn over is cleared first.
      #expect(submit.text.contains("\u{1B}[Kdetached: job 1 goes on"), "\(submit.text)")
      expectQuiet(submit.text, ["submit"])
      let wait = try StartedCommand(["jobs", "wait", "1", "--store", engine.storeArgument])
      #expect(wait.waitForText("running"))
      wait.signal(signal)
      #expect(wait.end() == code && wait.text.contains("jobs wait 1"), "\(wait.text)")
      #expect(try engine.client().job(JobID(1)).status == .live(.running))
    }
  }

  @Test(
    "a verb that follows ends by the signal", arguments: [["jobs", "logs", "1"], ["jobs", "events", "1"]])
  func following(_ verb: [String]) async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      _ = try test.submit(1, milliseconds: 60_000)
      for signal in [SIGTERM, SIGINT] {
        let command = try StartedCommand(verb + ["--follow", "--store", engine.storeArgument])
        #expect(command.waitForText(verb[1] == "logs" ? "held" : "started"))
        command.signal(signal)
        #expect(command.end() == signal, "\(command.text)")
        expectQuiet(command.text, verb)
      }
    }
  }

  @Test(
    "stop may be left while it waits: the engine ends all the same",
    arguments: [(Int32(2), Int32(130)), (15, 143)])
  func leavingStop(_ signal: Int32, _ code: Int32) async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      let job = try test.submit(1, milliseconds: 600_000)[0]
      #expect(try test.eventually { try engine.client().job(job).status == .live(.running) })
      let stop = try StartedCommand(["stop", "--store", engine.storeArgument])
      #expect(stop.waitForText("draining: 1 job running"))
      stop.signal(signal)
      #expect(stop.end() == code && stop.text.contains("the engine goes on to end"), "\(stop.text)")
      expectQuiet(stop.text, ["stop"])
      #expect(try test.command("status", "--json").output.contains("\"draining\":true"))
      _ = try engine.client().cancel(job)
      #expect(engine.serve?.waitForEnd(milliseconds: 60_000) == "ended with exit code 0")
    }
  }

  @Test("restart may be left while the engine makes place: it serves again all the same, with its job")
  func leavingRestart() async throws {
    try await onThread {
      let test = try StoreEngine()
      let engine = test.engine
      defer { engine.end() }
      try test.installPad()
      try test.start(environment: ["BULKHEAD_FAULT": "serve.restarting=stop"])
      let serve = try #require(engine.serve)
      let job = try test.submit(1, milliseconds: 600_000)[0]
      #expect(try test.eventually { try engine.client().job(job).status == .live(.running) })
      let restart = try StartedCommand(["restart", "--wait", "--store", engine.storeArgument])
      #expect(try test.eventually { ProcessFacts(pid: serve.facts.pid)?.isStopped == true })
      restart.signal(SIGTERM)
      let end = restart.end()
      #expect(end == SIGTERM || end == 128 + SIGTERM, "\(String(describing: end)) \(restart.text)")
      expectQuiet(restart.text, ["restart"])
      serve.signal(SIGCONT)
      #expect(try test.eventually { (try? engine.client().job(job).status) == .live(.running) })
      #expect(serve.waitForEnd(milliseconds: 0) == nil)
      #expect(try engine.client().job(job).attempt == 1)
    }
  }

  @Test("a reader that has gone ends a verb as it ends any program, without a word")
  func pipe() async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      _ = try test.outcomes(test.submit(200))
      for verb in [["jobs", "list", "--limit", "200"], ["status"], ["jobs", "events", "1"]] {
        let errors = engine.folder + "/errors"
        let words = ([RunningEngine.executable] + verb + ["--store", engine.storeArgument]).map { "'\($0)'" }
        let line = words.joined(separator: " ") + " 2>'\(errors)' | true; echo ${PIPESTATUS[0]}"
        let run = try ToolRun(["bash", "-c", line])
        let code = Int32(run.output.trimmingCharacters(in: .whitespacesAndNewlines))
        #expect(code == 141 || code == 0, "\(verb): \(run.output)")
        #expect(try String(contentsOfFile: errors, encoding: .utf8).isEmpty, "\(verb)")
      }
    }
  }
}
