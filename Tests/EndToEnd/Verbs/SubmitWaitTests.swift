import DataModel
import Foundation
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing

/// `submit --wait` as a user has it in front of them: what is printed, how it ends, and what happens when either
/// side goes away.
@Suite(.serialized) struct SubmitWaitTests {
  @Test("the exit code is the outcome, and a state that lasts has a line")
  func outcomes() async throws {
    try await VerbEngine.run { verbs in
      for (outcome, code) in [("succeeded", Int32(0)), ("warning", 2), ("failed", 1)] {
        let run = try CommandRun(
          ["submit", "witness:never", "--wait", "--store", verbs.engine.storeArgument]
            + verbs.witness(milliseconds: 1000, outcome: outcome))
        #expect(run.exitCode == code, "\(run.output)\(run.errors)")
        let lines = run.output.split(separator: "\n").map(String.init)
        let id = try #require(lines.first)
        #expect(Int64(id) != nil)
        #expect(lines.contains("job \(id): running"), "\(run.output)")
        #expect(lines.contains { $0.hasPrefix("job \(id): \(outcome) in ") }, "\(run.output)")
      }
    }
  }

  @Test("a deadline, a cancel and a killed worker have their own exit codes")
  func endedFromOutside() async throws {
    try await VerbEngine.run { verbs in
      let late = try CommandRun(
        ["submit", "witness:never", "--wait", "--deadline", "100ms", "--store", verbs.engine.storeArgument]
          + verbs.witness(milliseconds: 600_000))
      #expect(late.exitCode == 4, "\(late.output)")

      let cancelled = try verbs.submitWitness(milliseconds: 600_000)
      try verbs.running(cancelled)
      #expect(try verbs.command("jobs", "cancel", cancelled, "--wait").exitCode == 0)
      #expect(try verbs.command("jobs", "wait", cancelled).exitCode == 3)
      #expect(try verbs.command("jobs", "cancel", cancelled).exitCode == 0)

      let lost = try verbs.submitWitness(milliseconds: 600_000)
      try verbs.running(lost)
      let waiting = try verbs.started("jobs", "wait", lost)
      #expect(waiting.waitForText("running"))
      for worker in try verbs.engine.workers() { worker.signal(SIGKILL) }
      #expect(waiting.end() == 5, "\(waiting.text)")
      #expect(waiting.text.contains("jobs why \(lost)"))
      let refused = try verbs.command("jobs", "cancel", lost)
      #expect(refused.exitCode == 7, "\(refused.output)\(refused.errors)")
    }
  }

  @Test("Ctrl-C leaves the job running and says how to follow and to cancel it")
  func detach() async throws {
    try await VerbEngine.run { verbs in
      let id = try verbs.submitWitness(milliseconds: 600_000)
      let waiting = try verbs.started("jobs", "wait", id)
      #expect(waiting.waitForText("running"), "\(waiting.text)")
      waiting.interrupt()
      #expect(waiting.end() == 130)
      for words in ["detached", "jobs wait \(id)", "jobs show \(id)", "jobs logs \(id)", "jobs cancel \(id)"]
      {
        #expect(waiting.text.contains(words), "\(waiting.text)")
      }
      #expect(try verbs.json("jobs", "show", id)["state"]?.stringValue == "running")
      _ = try verbs.command("jobs", "cancel", id)
    }
  }

  @Test("an engine that comes back is found again, and the job was not disturbed")
  func engineRestarts() async throws {
    try await VerbEngine.run { verbs in
      let id = try verbs.submitWitness(milliseconds: 3000)
      let waiting = try verbs.started("jobs", "wait", id)
      #expect(waiting.waitForText("running"), "\(waiting.text)")
      verbs.engine.killServe()
      #expect(waiting.waitForText("the engine went away"), "\(waiting.text)")
      try verbs.engine.start()
      #expect(waiting.end() == 0, "\(waiting.text)")
      #expect(waiting.text.contains("job \(id): succeeded"), "\(waiting.text)")
    }
  }

  @Test("an engine that does not come back ends the wait with 69, naming the job")
  func engineStaysAway() async throws {
    try await VerbEngine.run { verbs in
      let id = try verbs.submitWitness(milliseconds: 600_000)
      let waiting = try verbs.started("jobs", "wait", id, "--patience", "500ms")
      #expect(waiting.waitForText("running"), "\(waiting.text)")
      verbs.engine.killServe()
      #expect(waiting.end() == 69, "\(waiting.text)")
      #expect(waiting.text.contains("jobs wait \(id)"), "\(waiting.text)")
      try verbs.engine.start()
    }
  }

  @Test("a terminal gets one line that is drawn over, and no job can act on it")
  func terminal() async throws {
    try await VerbEngine.run { verbs in
      let run = try verbs.started("submit", "talk:say", "--wait", output: .terminal)
      #expect(run.end() == 1, "\(run.text)")
      #expect(run.text.contains("\r"))
      #expect(run.text.contains(" 50%  half\\x1b]0;evil\\x07\\nway"), "\(run.text)")
      // What is left of the control characters are our own: line ends, going back, clearing to the line's end.
      let own = run.text.replacingOccurrences(of: "\u{1B}[K", with: "")
      #expect(!own.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\r" }, "\(run.text)")
      #expect(run.text.contains("failed"))
    }
  }

  @Test("several jobs are waited for, and the gravest decides")
  func several() async throws {
    try await VerbEngine.run { verbs in
      let run = try CommandRun(
        [
          "submit", "witness:never", "--count", "3", "--wait", "--json", "--store",
          verbs.engine.storeArgument,
        ]
          + verbs.witness(milliseconds: 10, outcome: "warning"))
      #expect(run.exitCode == 2)
      let jobs = try JSONValue(parsing: run.output)["jobs"]?.arrayValue ?? []
      #expect(jobs.map { $0["state"]?.stringValue } == ["warning", "warning", "warning"])
      #expect(Set(jobs.map { $0["id"]?.integerValue }).count == 3)
    }
  }
}
