import DataModel
import Foundation
import TestSupport
import Testing

/// The C++ wrapper in a real engine: what its calls do, and that nothing that is thrown leaves.
@Suite("C++ wrapper: runs", .serialized)
struct CppRunTests {
  private func withProbe(_ body: @escaping @Sendable (PluginEngine) throws -> Void) async throws {
    try await PluginEngine.run(
      ["cpp-probe": Sample.buildCpp("Tests/Wrappers/Fixtures/probe.cpp")], body)
  }

  @Test("parameters of every type are read, and results, log and progress arrive")
  func echo() async throws {
    try await withProbe { engine in
      let run = try engine.run("cpp-probe:echo", #"{"text": "hé\"llo", "disk": {"size_gib": 5}}"#)
      #expect(run.state == "succeeded", "\(run.message)")
      #expect(run.result["text"] == .string("hé\"llo"))
      #expect(run.result["count"] == .int(7))
      #expect(run.result["percent"] == .int(50))
      #expect(run.result["flag"] == .string("yes"))
      #expect(run.result["size"] == .int(5))
      #expect(run.result["missing"] == .string("none"))
      #expect(run.result["tags"] == .array([]))
      #expect(run.result["sizes"] == .array([.int(1), .int(2)]))
      #expect(run.result["switches"] == .array([.bool(true), .bool(false)]))
      #expect(run.result["ratios"]?.arrayValue?.first == .real(0.5))
      #expect(run.result["on"] == .bool(true) && run.result["ratio"] == .real(0.5))
      #expect(run.result["nested"]?["text"] == .string("hé\"llo\n\u{1}?"))
      #expect(run.log.filter { !$0.hasPrefix("job ") } == ["debug", "info", "warn"])
      let lists = try engine.run("cpp-probe:echo", #"{"text": "x", "tags": ["a", "b c"], "sizes": [255, 0]}"#)
      #expect(lists.result["tags"] == .array([.string("a"), .string("b c")]), "\(lists.message)")
      #expect(lists.result["sizes"] == .array([.int(255), .int(0)]))
      let item = try engine.run("cpp-probe:echo", #"{"text": "x", "sizes": [256]}"#)
      #expect(item.code == -4 && item.message.contains("sizes"))
      let tooLarge = try engine.run("cpp-probe:echo", #"{"text": "x", "count": 65536}"#)
      #expect(tooLarge.code == -4)
      #expect(tooLarge.message.contains("count"))
    }
  }

  @Test(
    "what is thrown becomes the code and the text of the failure",
    arguments: [
      ("error", -6, "it is taken"), ("bad_alloc", -3, "out of memory"),
      ("runtime", -11, "std::runtime_error: the pump is dry"), ("odd", -11, "odd"),
      ("system", -5, "/nowhere/at/all"), ("exists", -6, "make it"), ("denied", -7, "open it"),
      ("refused", -9, "Connection refused"), ("disk", -8, "read it"),
      ("list", -4, "the parameter"),
      ("type", -4, "the parameter what"), ("absent", -5, #"the parameter "absent" was not given"#),
      ("ok", -11, "no success"),
    ])
  func thrown(what: String, code: Int32, text: String) async throws {
    try await withProbe { engine in
      let run = try engine.run("cpp-probe:throw", "{\"what\": \"\(what)\"}")
      #expect(run.state == "failed")
      #expect(run.code == code)
      #expect(run.message.contains(text), "\(run.message)")
    }
  }

  @Test("a warning is a warning, and the run's memory serves containers")
  func warning() async throws {
    try await withProbe { engine in
      let run = try engine.run("cpp-probe:warn")
      #expect(run.state == "warning")
      #expect(run.message == "one line was left out")
      let memory = try engine.run("cpp-probe:memory")
      #expect(memory.result["last"] == .int(999))
      #expect(memory.result["length"] == .int(56))
    }
  }

  @Test("a cancel ends a sleep through frames that catch std::exception")
  func cancel() async throws {
    try await withProbe { engine in
      let run = try engine.cancelled("cpp-probe:wait", after: "waiting")
      #expect(run.state == "cancelled", "\(run.message)")
    }
  }

  @Test("clean-ups run when they should, last first, and every function object is destroyed once")
  func cleanups() async throws {
    try await withProbe { engine in
      let well = try engine.run("cpp-probe:clean", #"{"end": "well"}"#)
      #expect(well.state == "succeeded")
      #expect(well.log == ["scope over", "after scope", "alive 0"])
      let failed = try engine.run("cpp-probe:clean", #"{"end": "badly"}"#)
      #expect(failed.state == "failed")
      #expect(failed.log == ["scope over", "after scope", "undone badly", "alive 0"])
      let inside = try engine.run("cpp-probe:clean", #"{"end": "in scope"}"#)
      #expect(inside.log == ["scope over", "dropped", "undone in scope", "alive 0"])
      let stubborn = try engine.run("cpp-probe:clean", #"{"end": "stubborn"}"#)
      #expect(stubborn.leftBehind == ["undo stubborn"])
      #expect(stubborn.log.last == "alive 0")
    }
  }

  @Test("records are made, read, changed by version, found and deleted")
  func records() async throws {
    try await withProbe { engine in
      let run = try engine.run("cpp-probe:records")
      #expect(run.state == "succeeded", "\(run.message)")
      #expect(run.result["hostname"] == .string("web-1"))
      #expect(run.result["conflict"] == .int(-6))
      #expect(run.result["found"] == .int(1))
      #expect(run.result["one"] == .int(0))
      #expect(run.result["left"] == .int(0))
      #expect(run.result["unknown"] == .string(#"server has no field "colour""#))
    }
  }

  @Test("of twenty jobs that want the same record at once one makes it, and all get it")
  func findOrCreate() async throws {
    try await withProbe { try $0.reserveAtOnce("cpp-probe:reserve", isNew: .int(1)) }
  }

  @Test("why it failed is one line: the reason that the host knows, once")
  func oneLine() async throws {
    try await withProbe { engine in
      let prod = #"{"environment": "prod"}"#
      #expect(try engine.run("cpp-probe:make", prod).state == "succeeded")
      let taken = try engine.run("cpp-probe:make", prod)
      #expect(taken.code == -6)
      #expect(
        taken.message.hasPrefix(
          #"cannot make an environment: environment.name "prod" is taken by environment"#),
        "\(taken.message)")
      let unknown = try engine.run("cpp-probe:unknown")
      #expect(
        unknown.message
          == #"there is no entity "handlers"; did you mean "resource_handler"? "#
          + "There are: resource_handler, environment, server")
      let absent = try engine.run("cpp-probe:throw", #"{"what": "absent"}"#)
      #expect(absent.message == #"the parameter "absent" was not given"#)
    }
  }
}
