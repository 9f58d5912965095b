import Synchronization
import Threading

/// The store that another process serves, over one connection. Blocking; any number of threads may ask at once.
/// It does not reconnect: when the connection ends every question that waits throws `inDoubt`, later ones `closed`,
/// and whoever dialled decides about the next.
package final class RemoteStore: Store {
  private let link: RemoteLink
  /// A handshake is answered by a thread that waits for nothing.
  private static let greetingMilliseconds: Int64 = 10_000

  private init(_ link: RemoteLink) { self.link = link }

  deinit { link.end() }

  /// Dials the engine's socket. `onEnd` is called once, from a thread of the store, when the connection has ended.
  package static func connect(
    path: String, onEnd: @escaping @Sendable () -> Void
  ) throws(StoreError) -> RemoteStore {
    do {
      return try greet(path, onEnd)
    } catch  where error.code == .inDoubt || error.code == .closed {
      // An engine that restarts ends what it has just taken; the one that comes after it is waiting for us.
    }
    do {
      return try greet(path, onEnd)
    } catch  where error.code == .inDoubt || error.code == .closed {
      throw StoreError(.noEngine, "the engine at \(path) ended the connection", cure: "look at its log")
    }
  }

  /// `onEnd` is called for a link that was greeted, and for no other.
  private static func greet(
    _ path: String, _ onEnd: @escaping @Sendable () -> Void
  ) throws(StoreError) -> RemoteStore {
    let file = try UnixSocket.connect(to: path)
    let life = LinkLife(onEnd)
    let link = RemoteLink(file, path: path) { life.end() }
    OSThread("bh-reply") { link.readReplies() }
    do {
      let answer = try link.ask(Frame.Code.handshake, milliseconds: greetingMilliseconds) {
        Handshake.own.encode(to: &$0)
      }
      var reader = WireReader(answer)
      _ = try reader.value(Handshake.self)
    } catch {
      link.end()
      // Its reason may have come before our first word went out, which then finds only that the connection has ended.
      throw link.farewell ?? error
    }
    life.greet()
    return RemoteStore(link)
  }

  /// Store verbs, and those that `serve` answers itself.
  package func perform<V: WireVerb>(_ verb: V) throws(StoreError) -> V.Reply {
    let payload = try link.ask(V.code) { verb.encode(to: &$0) }
    var reader = WireReader(payload)
    let reply = try V.Reply(from: &reader)
    try reader.finish()
    return reply
  }

  /// The handler is called from the thread that also brings answers: it must not ask the store itself.
  package func observe(
    _ interest: StoreInterest, _ handler: @escaping @Sendable (StoreSignal) -> Void
  ) throws(StoreError) -> StoreObservation {
    try link.observe(interest, handler)
  }

  /// Ends the connection; whoever waits for an answer gets `inDoubt`.
  package func close() { link.end() }
}

/// Tells the end of a link once, if it was ever greeted, however close the two come to each other.
private final class LinkLife: Sendable {
  private let state = Mutex((isGreeted: false, isOver: false))
  private let onEnd: @Sendable () -> Void

  init(_ onEnd: @escaping @Sendable () -> Void) { self.onEnd = onEnd }

  func greet() {
    let isOver = state.withLock { state in
      state.isGreeted = true
      return state.isOver
    }
    if isOver { onEnd() }
  }

  func end() {
    let isGreeted = state.withLock { state in
      state.isOver = true
      return state.isGreeted
    }
    if isGreeted { onEnd() }
  }
}
