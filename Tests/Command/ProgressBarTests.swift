import Testing

@testable import bulkhead

@Suite struct ProgressBarTests {
  private func state(
    done: UInt64 = 45, total: UInt64 = 100, message: String = "hashing b.txt", elapsed: Int64 = 3200
  ) -> ProgressState {
    ProgressState(
      label: "job 17", state: "running", done: done, total: total, message: message,
      elapsedMilliseconds: elapsed)
  }

  @Test("a wide line shows state, bar, percentage, message and time")
  func wide() {
    let bar = "[" + String(repeating: "=", count: 8) + ">" + String(repeating: " ", count: 10) + "]"
    let line = "job 17 running  \(bar)   45%  hashing b.txt  3.2s"
    #expect(ProgressBar.render(state(), width: 80) == line)
  }

  @Test("what there is no room for goes: message, bar, time, and at last the end of the rest")
  func narrow() {
    #expect(ProgressBar.render(state(), width: 48).contains("hash"))
    #expect(ProgressBar.render(state(), width: 40) == "job 17 running   45%  hash… b.txt  3.2s")
    #expect(ProgressBar.render(state(), width: 30) == "job 17 running   45%  3.2s")
    #expect(ProgressBar.render(state(), width: 24) == "job 17 running   45%")
    #expect(ProgressBar.render(state(), width: 10) == "job 17 r…")
    #expect(ProgressBar.render(state(), width: 0) == "…")
  }

  @Test("no line ever fills the terminal's width", arguments: 1...200)
  func fits(width: Int) {
    for message in ["", "x", "日本語のメッセージ", "e\u{301}\u{301}👩‍👩‍👧", String(repeating: "long ", count: 60)] {
      for total: UInt64 in [0, 100] {
        let line = ProgressBar.render(state(total: total, message: message), width: width)
        #expect(DisplayWidth.of(line) <= max(1, width - 1), "\(line)")
      }
    }
  }

  @Test("control characters in a message cannot move the cursor")
  func control() {
    let line = ProgressBar.render(state(message: "a\u{1B}[2J\r\nb"), width: 120)
    #expect(line.contains("a\\x1b[2J\\r\\nb"))
    #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test("100 % is shown only when all is done, and never more")
  func percent() {
    #expect(state(done: 999, total: 1000).percent == 99)
    #expect(state(done: 1000, total: 1000).percent == 100)
    #expect(state(done: 2000, total: 1000).percent == 100)
    #expect(state(done: .max - 1, total: .max).percent == 99)
    #expect(state(done: 0, total: 7).percent == 0)
    #expect(state(done: 5, total: 0).percent == nil)
  }

  @Test("without a total the amount is shown, and a mark moves with the time")
  func unknownTotal() {
    let first = ProgressBar.render(state(done: 1200, total: 0, elapsed: 0), width: 80)
    let second = ProgressBar.render(state(done: 1200, total: 0, elapsed: 1000), width: 80)
    #expect(first.contains("1200 done"))
    #expect(first.contains("[<=>"))
    #expect(second.contains("[ <=>"))
  }
}
