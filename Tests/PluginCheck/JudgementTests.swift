import DataModel
import PluginHost
import Testing

@testable import PluginCheck

@Suite("What rules make of a run")
struct JudgementTests {
  private func report(_ code: Int32, _ change: (inout TryReport) -> Void = { _ in }) -> TryReport {
    var report = TryReport(ending: .returned(code))
    change(&report)
    return report
  }

  @Test("every code of the ABI but the reserved one is right, and no other", arguments: [0, 2, -3, -11, -14])
  func codes(code: Int32) {
    #expect(RunRules.judgeCode(report(code)) == nil)
    for wrong: Int32 in [1, 3, 77, -16, -999, .min, .max] {
      #expect(RunRules.judgeCode(report(wrong)) != nil, "\(wrong)")
    }
  }

  @Test("the codes of a stop are right only when there was one")
  func unasked() {
    for code: Int32 in [-1, -2, -12] {
      #expect(RunRules.judgeCode(report(code))?.evidence.contains("nobody had asked") == true)
      #expect(RunRules.judgeCode(report(code) { $0.stopLatencyNanoseconds = 5 }) == nil)
    }
  }

  @Test("a result has to fit its schema")
  func result() throws {
    let schema = try ParameterSchema(
      JSONValue(parsing: #"{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"#))
    #expect(RunRules.judgeResult(#"{"n":1}"#, schema) == nil)
    #expect(RunRules.judgeResult(#"{"n":"1"}"#, schema)?.evidence.contains("n: expected an integer") == true)
    #expect(RunRules.judgeResult("{}", schema)?.evidence.contains("n: is missing") == true)
    #expect(RunRules.judgeResult("{", schema)?.evidence == "it is not JSON")
  }

  @Test("memory that stays once is a cache, memory that stays each time is a leak")
  func leak() {
    func left(_ bytes: [Int64]) -> [TryReport] {
      bytes.map { bytes in
        report(0) {
          var memory = TryReport.Memory()
          memory.liveBytes = bytes
          memory.liveBlocks = bytes > 0 ? 1 : 0
          $0.memory = memory
        }
      }
    }
    #expect(RunRules.judgeLeak(left([100, 0, 0])).isEmpty)
    #expect(RunRules.judgeLeak(left([])).isEmpty)
    #expect(
      RunRules.judgeLeak(left([100, 300, 200])).map(\.evidence)
        == ["100 bytes in 1 block(s) stay after each run"])
  }

  @Test("a gap counts above the limit, and names where it ended")
  func gap() {
    let long = report(0) {
      $0.worstGapNanoseconds = 101_000_000
      $0.worstGapPlace = "copy (a.c:7)"
    }
    #expect(StopRules.judgeGap(long, limitMilliseconds: 100)?.place == "up to copy (a.c:7)")
    #expect(StopRules.judgeGap(long, limitMilliseconds: 101) == nil)
  }

  @Test("a cancel that was seen ends the run badly; at the last point it may have been done")
  func cancel() {
    let done = report(0) { $0.cancelPoints = 5 }
    #expect(StopRules.judgeCancel(done, at: 3, of: 5) != nil)
    #expect(StopRules.judgeCancel(done, at: 5, of: 5) == nil)
    #expect(StopRules.judgeCancel(report(0) { $0.cancelPoints = 2 }, at: 3, of: 5) == nil, "not reached")
    #expect(StopRules.judgeCancel(report(-8) { $0.cancelPoints = 5 }, at: 3, of: 5) == nil)
    let left = report(-1) { $0.leftBehind = ["VM web-1"] }
    #expect(StopRules.judgeCancel(left, at: 3, of: 5)?.evidence == "it left behind: VM web-1")
  }

  @Test("late is only who is late every time")
  func deadline() {
    func late(_ milliseconds: Int64?) -> TryReport {
      report(-2) { $0.stopLatencyNanoseconds = milliseconds.map { $0 * 1_000_000 } }
    }
    #expect(StopRules.judgeDeadline([late(300), late(20)], limitMilliseconds: 100).isEmpty)
    #expect(StopRules.judgeDeadline([late(300), late(200)], limitMilliseconds: 100).count == 1)
    #expect(StopRules.judgeDeadline([late(nil)], limitMilliseconds: 100).isEmpty)
    #expect(StopRules.judgeDeadline([TryReport(ending: .signalled(11))], limitMilliseconds: 100).count == 1)
  }

  @Test("a crash in libc that was given something wrong is the plug-in's, one inside a library is not")
  func site() {
    func frame(_ module: String, _ symbol: String) -> CodePlace {
      CodePlace(module: module, offset: 1, symbol: symbol)
    }
    let own = frame("/proc/self/fd/3", "act")
    func library(_ frames: [CodePlace]) -> String? {
      if case .library(let name) = CrashSite(frames) { name } else { nil }
    }
    #expect(library([own]) == nil)
    #expect(library([frame("/lib/libc.so.6", "strlen"), own]) == nil)
    #expect(library([frame("/lib/libc.so.6", ""), frame("/lib/libc.so.6", "abort"), own]) == nil)
    #expect(library([frame("/lib/libc.so.6", "fts64_open"), own]) == "libc.so.6")
    #expect(library([frame("/lib/libglib-2.0.so.0", "g_malloc"), own]) == "libglib-2.0.so.0")
    #expect(
      library([frame("/lib/libc.so.6", "free"), frame("/lib/libvirt.so.0", ""), own]) == "libvirt.so.0")
  }

  @Test("another Swift toolchain is told, the same and unknown ones pass")
  func toolchain() {
    #expect(ToolchainRules.judge("a", host: "a") == .passed("the same toolchain"))
    #expect(ToolchainRules.judge(nil, host: "a") == .passed("the toolchain cannot be told"))
    guard case .found(let all, _) = ToolchainRules.judge("a", host: "b") else {
      Issue.record("not found")
      return
    }
    #expect(all.first?.evidence == "it was made with a, this host with b")
  }

  @Test("globs match ids")
  func globs() {
    for (pattern, id) in [
      ("elf.*", "elf.textrel"), ("*", "a"), ("stop.gap", "stop.gap"), ("*.g*p", "stop.gap"),
    ] {
      #expect(Glob.matches(id, pattern))
    }
    for (pattern, id) in [("elf.*", "file.form"), ("stop", "stop.gap"), ("a*a", "a"), ("", "a")] {
      #expect(!Glob.matches(id, pattern))
    }
  }

  @Test("numbers to try are all of few, and some of many: the same for the same seed")
  func numbers() {
    func numbers(_ seed: UInt64, _ total: Int) -> [Int] {
      var random = SeededRandom(seed: seed, purpose: "test")
      return random.numbers(upTo: total, all: 400, some: 50)
    }
    #expect(numbers(1, 400) == Array(1...400))
    #expect(numbers(1, 0).isEmpty)
    let some = numbers(1, 1_000_000)
    #expect(some.count == 50 && some.first == 1 && some.last == 1_000_000)
    #expect(some == numbers(1, 1_000_000) && some != numbers(2, 1_000_000))
  }
}
