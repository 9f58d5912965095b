import Foundation
import FoundationXML
import TestSupport
import Testing

@Suite("bulkhead plugin check")
struct CommandTests {
  private func run(_ arguments: [String]) async throws -> CommandRun {
    try await onThread { try CommandRun(["plugin", "check"] + arguments) }
  }

  @Test("a good file ends with 0, a line for each rule and the seed")
  func good() async throws {
    let run = try await run([Sample.witness(), "--static", "--seed", "12"])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("✓ elf.textrel"))
    #expect(run.output.contains("were skipped: --static runs no code of the plug-in"))
    #expect(run.output.contains("passed: ") && run.output.contains("again with --seed 12"))
  }

  @Test("an error ends with 1, with evidence, reason and cure")
  func bad() async throws {
    let run = try await run([Sample.misbehaving("text_relocations"), "--static"])
    #expect(run.exitCode == 1)
    #expect(run.output.contains("✗ elf.textrel"))
    #expect(run.output.contains("error elf.textrel"))
    #expect(run.output.contains("cure: compile all of its sources with \"-fPIC\""))
  }

  @Test("warnings fail only when they are to")
  func strict() async throws {
    let file = try Sample.misbehaving("many_exports")
    #expect(try await run([file, "--static"]).exitCode == 0)
    #expect(try await run([file, "--static", "--strict"]).exitCode == 1)
    #expect(try await run([file, "--static", "--strict", "--skip", "elf.exports"]).exitCode == 0)
  }

  @Test("with --json there is one object that says all")
  func json() async throws {
    let run = try await run([
      Sample.misbehaving("silent_failure"), "--only", "run.*", "--json", "--seed", "3",
    ])
    let text = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
    let document = try #require(text)
    #expect(run.output.split(separator: "\n").count == 1)
    #expect(document["seed"] as? Int == 3 && document["passed"] as? Bool == true)
    #expect(document["warnings"] as? Int == 2 && document["errors"] as? Int == 0)
    let cases = try #require(document["cases"] as? [[String: Any]])
    let found = try #require(cases.first { $0["status"] as? String == "found" })
    #expect(found["rule"] as? String == "run.message")
    let finding = try #require((found["findings"] as? [[String: Any]])?.first)
    #expect(finding["place"] as? String == "act")
  }

  @Test("the JUnit report is XML that counts what failed, whatever stands in the file's name")
  func junit() async throws {
    let folder = FileManager.default.temporaryDirectory.path + "/bulkhead-junit-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = folder + "/a\"<&\u{1}>.so"
    try FileManager.default.copyItem(atPath: Sample.misbehaving("exec_stack"), toPath: file)
    let report = folder + "/report.xml"
    let run = try await run([file, "--static", "--junit", report])
    #expect(run.exitCode == 1)
    let counter = ElementCounter()
    let parser = try XMLParser(data: Data(contentsOf: URL(fileURLWithPath: report)))
    parser.delegate = counter
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(counter.counts["testcase"] ?? 0 > 30)
    #expect(counter.counts["failure"] == 1)
    #expect(
      counter.suite["failures"] == "1"
        && counter.suite["tests"] == counter.counts["testcase"].map(String.init))
    #expect(counter.counts["skipped"].map(String.init) == counter.suite["skipped"])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).count == 2, "nothing half-written stays")
  }

  @Test(
    "wrong use ends with 64 and says what is wrong",
    arguments: [
      ([], "file is missing"), (["x.so", "--only", "elf.nothing"], "there is no rule"),
      (["x.so", "--static", "--action", "a"], "--static runs no action"),
      (["x.so", "--budget", "0"], "--budget has to be"), (["x.so", "--max-gap", "5"], "needs a unit"),
    ])
  func wrongUse(arguments: [String], message: String) async throws {
    let run = try await run(arguments)
    #expect(run.exitCode == 64)
    #expect(run.errors.contains(message), "\(run.errors)")
  }

  @Test("parameters that do not fit, or of nobody, are refused before anything runs")
  func parameters() async throws {
    let bench = try Sample.bench()
    let unclear = try await run([bench, "--param", "n=1"])
    #expect(unclear.exitCode == 64 && unclear.errors.contains("add --action with one of"))
    let wrong = try await run([bench, "--action", "sleep", "--param", "ms=-1"])
    #expect(wrong.exitCode == 64 && wrong.errors.contains("ms: has to be 0 or more"))
    let unknown = try await run([bench, "--action", "nap"])
    #expect(unknown.exitCode == 64 && unknown.errors.contains("it has: noop, sleep, spin, calls"))
  }

  @Test("given parameters are used, and a file is read")
  func given() async throws {
    let file = FileManager.default.temporaryDirectory.path + "/bulkhead-" + UUID().uuidString + ".json"
    try #"{"ms": 30}"#.write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let arguments = ["--action", "sleep", "--only", "stop.deadline,stop.cancel", "--params-file", file]
    let run = try await run([try Sample.bench()] + arguments)
    #expect(run.exitCode == 0, "\(run.output)")
    #expect(run.output.contains("✓ stop.deadline"), "a sleep of 30 ms is long enough to be stopped")
  }

  @Test("a file that is not there ends with 6, and so does a folder")
  func missing() async throws {
    let none = try await run(["nowhere.so"])
    #expect(none.exitCode == 6 && none.errors.contains("there is no file nowhere.so"))
    #expect(try await run(["/tmp"]).exitCode == 6)
  }

  @Test("a file that is no plug-in at all is an error of form, and everything else is skipped")
  func noPlugin() async throws {
    let run = try await run([Sample.root + "/README.md"])
    #expect(run.exitCode == 1)
    #expect(run.output.contains("✗ file.form") && run.output.contains("were skipped: "))
  }

  @Test("a report that cannot be written is said before anything runs")
  func unwritable() async throws {
    let run = try await run([try Sample.witness(), "--junit", "/nowhere/report.xml"])
    #expect(run.exitCode == 64 && run.errors.contains("cannot write the report"))
    #expect(run.output.isEmpty)
  }
}

/// How often each element stands in a document.
private final class ElementCounter: NSObject, XMLParserDelegate {
  var counts: [String: Int] = [:]
  var suite: [String: String] = [:]

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    counts[name, default: 0] += 1
    if name == "testsuite" { suite = attributes }
  }
}
