import DataModel
import Storage
import TestSupport
import Testing

@Suite("Conformance: log lines that are sent again")
struct LogResendTests {
  private func lines(_ numbers: ClosedRange<Int64>) -> [LogLine] {
    numbers.map { LogLine(id: $0, at: 1, level: 1, text: "line \($0)") }
  }

  private func texts(_ test: TestStore, _ job: JobID) throws -> [String] {
    try test.store.perform(ListLogLines(job: job)).map(\.text)
  }

  @Test("lines that are stored are known by their number", arguments: StoreFlavour.allCases)
  func again(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      #expect(try test.write(node, run, .log(lines(1...3))) == .done)
      #expect(try test.write(node, run, .log(lines(1...3))) == .done)
      #expect(try test.write(node, run, .log(lines(2...5))) == .done)
      #expect(try texts(test, run.job) == (1...5).map { "line \($0)" })
    }
  }

  @Test("also when the run ends in the request that sends them again", arguments: StoreFlavour.allCases)
  func withTheEnd(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.running(node)
      _ = try test.write(node, run, .log(lines(1...2)))
      let items = [
        RunWrite(run, .log(lines(1...2))), RunWrite(run, .log(lines(3...3))),
        RunWrite(run, .finish(RunEnd(code: 0))),
      ]
      for _ in 0..<2 { _ = try test.store.perform(WriteRuns(node: node, items: items)) }
      #expect(try texts(test, run.job) == ["line 1", "line 2", "line 3"])
    }
  }

  @Test(
    "each run counts for itself, and lines without a number are always stored",
    arguments: StoreFlavour.allCases)
  func runs(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let first = try test.running(node, .idempotent)
      _ = try test.write(node, first, .log(lines(1...3)))
      _ = try test.store.perform(EndNode(node: node, detail: "killed"))
      let other = try test.makeNode(pid: 5)
      let second = try test.claim(other)[0].run
      _ = try test.write(other, second, .start)
      _ = try test.write(other, second, .log(lines(1...1)))
      let plain = LogLine(at: 1, level: 2, text: "dropped")
      for _ in 0..<2 { _ = try test.write(other, second, .log([plain])) }
      #expect(
        try texts(test, second.job) == ["line 1", "line 2", "line 3", "line 1", "dropped", "dropped"])
    }
  }
}
