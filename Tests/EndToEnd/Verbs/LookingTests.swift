import DataModel
import Foundation
import JobEngine
import Supervision
import TestSupport
import Testing

/// The verbs that look, against a real engine: what people read is safe to print, what programs read is JSON of
/// the documented shape.
@Suite(.serialized) struct LookingTests {
  @Test("text from plug-ins is escaped wherever it is printed, and passwords are not printed at all")
  func escaped() async throws {
    try await VerbEngine.run { verbs in
      let submitted = try verbs.command("submit", "talk:say", "--param", "secret=hunter2", "--wait")
      #expect(submitted.exitCode == 1)
      let looks = try [["show", "1"], ["logs", "1"], ["events", "1"], ["why", "1"], ["list"]].map {
        try CommandRun(["jobs"] + $0 + ["--store", verbs.engine.storeArgument])
      }
      for run in looks + [submitted] {
        #expect(!run.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "\(run.output)")
        #expect(!run.output.contains("hunter2"))
      }
      #expect(looks[0].output.contains("\"***\""))
      #expect(looks[1].output.contains("warn   half\\x1b]0;evil\\x07"), "\(looks[1].output)")
      let document = try verbs.json("jobs", "show", "1")
      #expect(document["params"]?["secret"]?.stringValue == "***")
      #expect(document["outcome"]?["message"]?.stringValue?.contains("\u{1B}]0;evil\u{7}") == true)
    }
  }

  @Test("each verb prints its documented JSON")
  func shapes() async throws {
    try await VerbEngine.run { verbs in
      let id = try verbs.json("submit", "talk:say", "--wait")["jobs"]?.arrayValue?.first?["id"]?.integerValue
      #expect(id == 1)
      let list = try verbs.json("jobs", "list", "--limit", "1")
      #expect(list["jobs"]?.arrayValue?.count == 1)
      #expect(list["next_before"]?.integerValue == 1)
      #expect(try verbs.json("jobs", "list", "--before", "1")["next_before"] == .null)
      #expect(try verbs.json("jobs", "list", "--state", "lost")["jobs"]?.arrayValue?.isEmpty == true)
      #expect(try verbs.json("jobs", "list", "--kind", "say")["jobs"]?.arrayValue?.count == 1)
      let reasons = try verbs.json("jobs", "events", "1")["events"]?.arrayValue?.map {
        $0["reason"]?.stringValue
      }
      #expect(reasons == ["submitted", "claimed", "started", "returned"])
      #expect(
        try verbs.json("jobs", "logs", "1")["lines"]?.arrayValue?.first?["level"]?.stringValue == "warn")
      #expect(try verbs.json("jobs", "why", "1")["why"]?.arrayValue?.isEmpty == false)
      #expect(try verbs.json("jobs", "wait", "1")["jobs"]?.arrayValue?.count == 1)
      let plugins = try verbs.json("plugins", "list")["plugins"]?.arrayValue ?? []
      #expect(plugins.map { $0["id"]?.stringValue } == ["talk", "witness"])
      let talk = try verbs.json("plugins", "show", "talk")["plugins"]?.arrayValue?.first
      #expect(talk?["actions"]?.arrayValue?.first?["parameters"]?["properties"]?["secret"] != nil)
      #expect(talk?["workers"]?.arrayValue?.first?["loaded"]?.boolValue == true)
      let status = try verbs.json("status")
      #expect(status["jobs"]?["failed"]?.integerValue == 1)
      #expect(status["pid"]?.integerValue == Int64(verbs.engine.serve?.facts.pid ?? 0))
      let workers = try verbs.json("workers", "list")["workers"]?.arrayValue ?? []
      #expect(workers.map { $0["order"]?.stringValue } == ["run"])
    }
  }

  @Test("logs --follow prints what comes and ends with the job")
  func follow() async throws {
    try await VerbEngine.run { verbs in
      let id = try verbs.command("submit", "talk:say").output.trimmingCharacters(in: .whitespacesAndNewlines)
      let following = try verbs.started("jobs", "logs", id, "--follow")
      #expect(following.end() == 0)
      #expect(following.text.split(separator: "\n").count == 1, "\(following.text)")
      #expect(following.text.contains("half\\x1b]0;evil\\x07\\nway"))
    }
  }

  @Test("plugin inspect needs no engine: facts of a good file, all that is wrong with a bad one")
  func inspect() async throws {
    try await onThread {
      let good = try CommandRun(["plugin", "inspect", Sample.checksum(), "--json"])
      #expect(good.exitCode == 0, "\(good.output)")
      let facts = try JSONValue(parsing: good.output)
      #expect(facts["accepted"]?.boolValue == true)
      #expect(facts["manifest"]?["id"]?.stringValue == "checksum")
      let text = try CommandRun(["plugin", "inspect", Sample.checksum()])
      #expect(text.output.contains("PARAMETER") && text.output.contains("path"), "\(text.output)")

      let bad = try CommandRun(["plugin", "inspect", Sample.misbehaving("wrong_abi")])
      #expect(bad.exitCode == 7)
      #expect(bad.errors.contains("ABI"), "\(bad.errors)")
      let source = try CommandRun(["plugin", "inspect", PackageRoot.path + "/Package.swift"])
      #expect(source.exitCode == 7)
      #expect(source.errors.contains("text file"), "\(source.errors)")
      #expect(try CommandRun(["plugin", "inspect", "/no/such/file.so"]).exitCode == 6)
    }
  }

  @Test("a store that is none is wrong use")
  func wrongStore() async throws {
    try await onThread {
      let run = try CommandRun(["jobs", "list"], environment: ["BULKHEAD_STORE": "nonsense"])
      #expect(run.exitCode == 64)
      #expect(run.errors.contains("nonsense") && run.errors.contains("sqlite:"), "\(run.errors)")
    }
  }

  @Test("stop waits until the engine has ended, by default until its jobs have")
  func stop() async throws {
    try await VerbEngine.run { verbs in
      let id = try verbs.submitWitness(milliseconds: 5000)
      try verbs.running(id)
      let drain = try verbs.command("stop")
      #expect(drain.exitCode == 0, "\(drain.errors)")
      #expect(drain.output.hasPrefix("draining: 1 job running"), "\(drain.output)")
      #expect(drain.output.hasSuffix("the engine has ended\n"), "\(drain.output)")
      #expect(verbs.engine.serve?.waitForEnd(milliseconds: 0) != nil)
      #expect(try verbs.command("stop").exitCode == 69)

      try verbs.engine.start()
      #expect(try verbs.json("jobs", "show", id)["state"]?.stringValue == "succeeded")
      try verbs.engine.waitForPlugin("witness")
      let endless = try verbs.submitWitness(milliseconds: 600_000)
      try verbs.running(endless)
      #expect(try verbs.command("stop", "--no-wait").exitCode == 0)
      #expect(try verbs.json("status")["draining"]?.boolValue == true)
      let cancel = try verbs.json("stop", "--cancel")
      #expect(cancel["ended"]?.boolValue == true)
      #expect(cancel["mode"]?.stringValue == "cancel")
      #expect(verbs.engine.serve?.waitForEnd(milliseconds: 0) != nil)
    }
  }
}
