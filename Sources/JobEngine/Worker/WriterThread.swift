import DataModel
import Storage
import Threading

/// The thread of a `RunWriter`: one request at a time.
struct WriterThread: Sendable {
  let writer: RunWriter
  let session: StoreSession

  /// Until the writer was closed and all is written, or the session is over.
  func run() {
    while true {
      switch nextNeed() {
      case .end: return
      case .keep: if !writer.keep() { waitForOutbox() }
      case .send, .lazy, .nothing: if !send() { return }
      }
    }
  }

  /// Log and progress wait a moment for company; nothing else waits.
  private func nextNeed() -> RunWriter.Need {
    let need = writer.waitForNeed { $0 != .nothing } ?? .end
    if need != .lazy { return need }
    return writer.waitForNeed(milliseconds: RunWriter.lazyMilliseconds) { $0 != .nothing && $0 != .lazy }
      ?? .lazy
  }

  /// False when the session is over.
  private func send() -> Bool {
    let batch = writer.take(WallClock.milliseconds)
    if batch.isEmpty { return true }
    let answer = Result { () throws(StoreError) in
      // Not held while nobody serves: what waits has to be seen, so that outcomes go to the outbox.
      try session.perform(
        { WriteRuns(node: $0, items: batch.writes) }, repeated: false, giveUp: { true })
    }
    let pause = writer.settle(batch, answer)
    if session.isOver { return false }
    if pause > 0 { session.pause(milliseconds: pause) }
    return true
  }

  /// The disk may be full for long: looked at once a second, or as soon as the store is back.
  private func waitForOutbox() {
    _ = writer.waitForNeed(milliseconds: RunWriter.outboxRetryMilliseconds) { $0 == .send || $0 == .end }
    writer.retryOutbox()
  }
}
