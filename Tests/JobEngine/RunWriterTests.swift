import DataModel
import Storage
import Synchronization
import Testing

@testable import JobEngine

/// What waits in a worker's writer, step by step.
@Suite("The writer's steps") struct RunWriterTests {
  private final class MemoryOutbox: Outbox {
    let outcomes = Mutex<[KeptOutcome]>([])
    let isFull = Mutex(false)
    let cleared = Mutex(0)

    func append(_ new: [KeptOutcome]) throws(OutboxError) {
      if isFull.withLock({ $0 }) { throw OutboxError("no space left on device") }
      outcomes.withLock { $0 += new }
    }

    func clear() {
      outcomes.withLock { $0 = [] }
      cleared.withLock { $0 += 1 }
    }

    var count: Int { outcomes.withLock { $0.count } }
  }

  private static let run = JobRun(job: JobID(1), fence: 1)
  private static let inDoubt = StoreError(.inDoubt, "the connection ended")
  private static let full = StoreError(.database, "the disk is full")

  private let outbox = MemoryOutbox()
  private let writer: RunWriter

  init() { writer = RunWriter(outbox: outbox, log: .none) }

  private func done(_ batch: RunWriter.Batch) -> Result<[RunAnswer], StoreError> {
    .success(batch.writes.map { _ in .done })
  }

  private func finish(_ code: Int32 = 0) { writer.send(RunWrite(Self.run, .finish(RunEnd(code: code)))) }

  @Test("connected, an outcome is sent and never touches the outbox")
  func ordinary() {
    writer.noteLink(isUp: true)
    #expect(writer.need == .nothing)
    finish()
    #expect(writer.need == .send)
    let batch = writer.take(0)
    #expect(writer.settle(batch, done(batch)) == 0)
    #expect(writer.need == .nothing)
    #expect(outbox.count == 0 && outbox.cleared.withLock { $0 } == 0)
  }

  @Test("without a connection outcomes go to the outbox, once, and nothing is sent")
  func away() {
    finish()
    writer.send(RunWrite(Self.run, .passDeadline))
    #expect(writer.need == .keep)
    #expect(writer.keep())
    #expect(outbox.count == 1)
    #expect(writer.need == .nothing)
    writer.noteLink(isUp: true)
    let batch = writer.take(0)
    #expect(batch.writes.count == 2)
    #expect(writer.settle(batch, done(batch)) == 0)
    #expect(outbox.count == 0 && outbox.cleared.withLock { $0 } == 1)
  }

  @Test("an outcome in doubt is sent again, and kept as soon as the connection is known to have ended")
  func doubt() {
    writer.noteLink(isUp: true)
    finish()
    writer.send([RunWrite(JobRun(job: JobID(2), fence: 1), .start)].map { ($0, { _ in }) })
    let batch = writer.take(0)
    writer.noteLink(isUp: false)
    #expect(writer.settle(batch, .failure(Self.inDoubt)) == 0)
    #expect(writer.need == .keep)
    #expect(writer.keep() && outbox.count == 1)
    writer.noteLink(isUp: true)
    // A start is settled by the hello, and not sent again by itself.
    #expect(writer.take(0).writes.map(\.run) == [Self.run])
  }

  @Test("an outcome that the store cannot write goes to the outbox and is tried on")
  func refused() {
    writer.noteLink(isUp: true)
    finish()
    let batch = writer.take(0)
    #expect(writer.settle(batch, .failure(Self.full)) > 0)
    #expect(writer.need == .keep)
    #expect(writer.keep())
    #expect(writer.need == .send)
    let again = writer.take(0)
    _ = writer.settle(again, done(again))
    #expect(outbox.count == 0 && writer.need == .nothing)
  }

  @Test("an outbox on a full disk is tried again, and the outcome stays in memory")
  func fullDisk() {
    outbox.isFull.withLock { $0 = true }
    finish()
    #expect(writer.need == .keep)
    #expect(!writer.keep())
    #expect(writer.need == .nothing)
    outbox.isFull.withLock { $0 = false }
    writer.retryOutbox()
    #expect(writer.need == .keep)
    #expect(writer.keep() && outbox.count == 1)
  }

  @Test("lines beyond 4 MiB are counted and told, also after requests that failed")
  func logLimit() {
    let line = LogLine(at: 0, level: 1, text: String(repeating: "x", count: 1 << 20))
    writer.noteLink(isUp: true)
    for _ in 0..<3 { writer.log(Self.run, line) }
    let batch = writer.take(0)
    _ = writer.settle(batch, .failure(Self.inDoubt))
    for _ in 0..<3 { writer.log(Self.run, line) }
    var texts: [String] = []
    while writer.waiting > 0 || writer.need != .nothing {
      let batch = writer.take(0)
      for case .log(let lines) in batch.writes.map(\.act) { texts += lines.map(\.text) }
      _ = writer.settle(batch, done(batch))
    }
    #expect(texts.filter { $0.count == 1 << 20 }.count == 4)
    #expect(texts.contains { $0.hasPrefix("2 lines were dropped") })
  }

  @Test("progress that came meanwhile is not overwritten by one that failed")
  func progress() {
    writer.noteLink(isUp: true)
    writer.progress(Self.run, JobProgress(done: 1, total: 9, message: "", at: 0))
    let batch = writer.take(0)
    writer.progress(Self.run, JobProgress(done: 2, total: 9, message: "", at: 0))
    _ = writer.settle(batch, .failure(Self.inDoubt))
    let acts = writer.take(0).writes.map(\.act)
    #expect(acts == [.progress(JobProgress(done: 2, total: 9, message: "", at: 0))])
  }
}

/// An outcome always fits a message.
@Suite("The size of an outcome") struct RunEndSizeTests {
  @Test("an ordinary outcome is left as it is")
  func small() {
    let end = RunEnd(code: -1, message: "said", leftBehind: ["a", "b"])
    #expect(end.fitting == end)
  }

  @Test("a long list of what was left behind is cut, and says how much more there was")
  func list() {
    let end = RunEnd(code: -1, leftBehind: (0..<65_536).map { "vm-\($0)" }).fitting
    #expect(end.leftBehind.count == 1001)
    #expect(end.leftBehind.last == "… and 64536 more")
    #expect(end.leftBehind.first == "vm-0")
  }

  @Test("texts that are long themselves are cut at a character")
  func texts() {
    let long = String(repeating: "ä", count: 1 << 20)
    let end = RunEnd(code: -1, message: long, leftBehind: [long, "b"]).fitting
    #expect(end.message.utf8.count <= 256 << 10 + 3)
    #expect(end.message.hasSuffix("ä…"))
    #expect(end.leftBehind.count == 2)
    #expect(end.leftBehind.last == "… and 1 more")
    let many = RunEnd(
      code: -1, leftBehind: Array(repeating: String(repeating: "b", count: 100_000), count: 50))
    #expect(many.fitting.leftBehind.count == 3)
    var writer = WireWriter()
    end.encode(to: &writer)
    #expect(writer.bytes.count < 1 << 20)
  }
}
