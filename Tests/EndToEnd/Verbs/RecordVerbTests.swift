import DataModel
import Foundation
import TestSupport
import Testing

/// `bulkhead records`, and what other verbs say of records, against a real engine.
@Suite("records", .serialized)
struct RecordVerbTests {
  @Test("records that jobs wrote are listed and shown, with the job that made them, safe for a terminal")
  func written() async throws {
    try await VerbEngine.run { verbs in
      try verbs.engine.install(Sample.buildCpp("Tests/Wrappers/Fixtures/probe.cpp"), as: "cpp-probe.so")
      try verbs.engine.waitForPlugin("cpp-probe")
      for name in ["web-1", "web-2", "e\u{1B}[31mvil"] {
        let run = try verbs.command("submit", "cpp-probe:reserve", "--param", "hostname=\(name)", "--wait")
        #expect(run.exitCode == 0, "\(run.errors)")
      }
      let list = try verbs.command("records", "list", "server")
      #expect(list.exitCode == 0 && list.output.split(separator: "\n").count == 4, "\(list)")
      #expect(list.output.contains("e\\x1b[31mvil") && !list.output.contains("\u{1B}"), "\(list.output)")
      let page = try verbs.json("records", "list", "server", "--limit", "1")
      let first = try #require(page["records"]?.arrayValue?.first)
      let id = try #require(first["id"]?.integerValue)
      #expect(page["next_after"]?.integerValue == id && first["created_by_job"]?.integerValue == 1)
      #expect(first["fields"]?["hostname"]?.stringValue == "web-1" && first["changed_by_job"] == .null)
      let rest = try verbs.json("records", "list", "server", "--after", "\(id)", "--where", "cpus=2")
      #expect(rest["records"]?.arrayValue?.count == 2 && rest["next_after"] == .null)
      #expect(try verbs.json("records", "list", "server", "--where", "cpus=")["records"]?.arrayValue == [])
      for words in [["\(id)"], ["server", "\(id)"], ["server", "web-1"]] {
        let shown = try CommandRun(
          ["records", "show"] + words + ["--json", "--store", verbs.engine.storeArgument])
        #expect(try JSONValue(parsing: shown.output)["id"]?.integerValue == id, "\(shown)")
      }
      #expect(try verbs.command("records", "show", "\(id)").output.contains("by job 1"))
      let job = try verbs.command("jobs", "show", "3").output
      #expect(job.contains("records\n  created server ") && !job.contains("\u{1B}"), "\(job)")
      let document = try verbs.json("jobs", "show", "1")["records"]?.arrayValue
      #expect(document?.count == 1 && document?[0]["change"]?.stringValue == "created")
    }
  }

  @Test("what is not there is told with what there is, and its exit code")
  func missing() async throws {
    try await VerbEngine.run { verbs in
      let all = "There are: resource_handler, environment, server"
      let cases: [([String], Int32, [String])] = [
        (["list", "handlers"], 6, ["did you mean \"resource_handler\"?", all]),
        (["list", "zzz"], 6, [all]), (["show", "sever", "1"], 6, ["did you mean \"server\"?"]),
        (["show", "server", "web-9"], 6, ["there is no server \"web-9\""]),
        (["show", "77"], 6, ["there is no record 77"]),
        (["show", "server"], 64, ["name a record too"]),
        (
          ["list", "server", "--where", "host=x"], 64, ["did you mean \"hostname\"?", "It has: hostname, ip"]
        ),
        (["list", "server", "--where", "cpus=many"], 64, ["server.cpus is of type int", "whole number"]),
        (["list", "server", "--where", "cpus"], 64, ["field=value"]),
        (["list", "server", "--limit", "0"], 64, ["--limit"]),
        (["list", "server"], 0, []),
      ]
      for (words, code, texts) in cases {
        let run = try CommandRun(["records"] + words + ["--store", verbs.engine.storeArgument])
        #expect(run.exitCode == code, "\(words): \(run)")
        for text in texts { #expect(run.errors.contains(text), "\(words): \(run.errors)") }
      }
    }
  }

  @Test("the model is shown without an engine")
  func model() async throws {
    try await onThread {
      let text = try CommandRun(["records", "model"])
      #expect(text.exitCode == 0)
      for entity in Catalogue.standard.entities {
        for field in entity.fields { #expect(text.output.contains(field.name)) }
      }
      let one = try JSONValue(parsing: CommandRun(["records", "model", "environment", "--json"]).output)
      let fields = one["entities"]?.arrayValue?[0]["fields"]?.arrayValue
      #expect(fields?[0]["unique"]?.boolValue == true && fields?[0]["required"]?.boolValue == true)
      #expect(fields?[1]["references"]?.stringValue == "resource_handler" && fields?[1]["default"] == .null)
      let none = try CommandRun(["records", "model", "handlers", "--json"])
      #expect(none.exitCode == 6 && none.output.contains("not_found"), "\(none)")
    }
  }
}
