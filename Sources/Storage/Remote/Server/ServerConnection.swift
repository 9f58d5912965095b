import DataModel
import Glibc
import Synchronization
import Threading

/// One client of a server. Any thread may send; only the server's socket thread reads and closes.
final class ServerConnection: Sendable {
  private struct State: Sendable {
    /// What the kernel did not take yet, from `sent` on.
    var outbox: [UInt8] = []
    var sent = 0
    var isOver = false
    var pending = 0
    /// Bytes of the requests that are pending.
    var pendingBytes = 0
    var node: NodeID?
    var process: ProcessIdentity?
    var observations: [UInt32: StoreObservation] = [:]
  }

  /// A client that lets so much pile up does not read: it is dropped.
  private static let maximumOutbox = 48 << 20
  /// Wake-ups are left out for a client that is so far behind.
  private static let maximumBeforeSignals = 1 << 20
  /// Requests that may wait; a client that sends more is not read until answers have gone out.
  private static let maximumPending = 1024
  private static let maximumPendingBytes = 32 << 20

  let id: ConnectionID
  let file: Int32
  /// The user and process that connected, as the kernel says.
  let peer: PeerIdentity
  let admission: ServerAdmission
  /// When its last byte came, on the monotonic clock.
  let heardAt = Atomic(MonotonicClock.nanoseconds)
  /// The same user by name, for what is audited.
  let user: String
  private let state = Mutex(State())
  private let wake: @Sendable () -> Void

  /// `wake` tells the socket thread to look at this connection again.
  init(
    _ file: Int32, id: ConnectionID, peer: PeerIdentity, admission: ServerAdmission,
    wake: @escaping @Sendable () -> Void
  ) {
    self.file = file
    user = PeerUser.name(peer.uid)
    self.id = id
    self.peer = peer
    self.admission = admission
    self.wake = wake
  }

  var isOver: Bool { state.withLock { $0.isOver } }
  var hasOutput: Bool { state.withLock { $0.sent < $0.outbox.count } }
  var mayRead: Bool {
    state.withLock {
      $0.pending < Self.maximumPending && $0.pendingBytes < Self.maximumPendingBytes && !$0.isOver
    }
  }
  var hasPending: Bool { state.withLock { $0.pending > 0 } }
  /// Bytes that wait here: requests that are being done, answers that were not taken.
  var heldBytes: Int { state.withLock { $0.outbox.count + $0.pendingBytes } }
  var node: NodeID? { state.withLock { $0.node } }
  var process: ProcessIdentity? { state.withLock { $0.process } }

  func setNode(_ node: NodeID, _ process: ProcessIdentity) {
    state.withLock {
      $0.node = node
      $0.process = process
    }
  }

  /// Sends a frame without ever waiting: what the kernel does not take is kept for the socket thread.
  func send(_ bytes: [UInt8]) {
    let needsThread = state.withLock { append(bytes, &$0) }
    if needsThread { wake() }
  }

  func sendSignal(_ observation: UInt32, _ signal: StoreSignal) {
    let bytes = try? Frame.bytes(id: 0, code: Frame.Code.signal) { writer in
      writer.put(observation)
      writer.put(signal)
    }
    guard let bytes else { return }
    let needsThread = state.withLock { state in
      state.outbox.count - state.sent > Self.maximumBeforeSignals ? false : append(bytes, &state)
    }
    if needsThread { wake() }
  }

  /// Goes on with what waits; the socket thread calls it when the kernel takes more.
  func flush() {
    state.withLock { state in
      if state.isOver { return }
      write(&state)
    }
  }

  func began(bytes: Int) {
    state.withLock {
      $0.pending += 1
      $0.pendingBytes += bytes
    }
  }

  func settled(bytes: Int) {
    let wasFull = state.withLock { state in
      let isFull = state.pending >= Self.maximumPending || state.pendingBytes >= Self.maximumPendingBytes
      state.pending -= 1
      state.pendingBytes -= bytes
      return isFull
    }
    if wasFull { wake() }
  }

  /// Nothing more is sent, and what has not begun for it is dropped. The socket thread closes the descriptor.
  func end() {
    let observations = state.withLock { state in
      state.isOver = true
      state.outbox = []
      state.sent = 0
      defer { state.observations = [:] }
      return Array(state.observations.values)
    }
    for observation in observations { observation.cancel() }
    wake()
  }

  /// Ends because its node speaks on another connection: it was nobody's last word.
  func giveWay() {
    state.withLock {
      $0.node = nil
      $0.process = nil
    }
    end()
  }

  func keep(_ observation: StoreObservation, as number: UInt32) {
    let isOver = state.withLock { state in
      if !state.isOver { state.observations[number] = observation }
      return state.isOver
    }
    if isOver { observation.cancel() }
  }

  func endObservation(_ number: UInt32) {
    state.withLock { $0.observations.removeValue(forKey: number) }?.cancel()
  }

  /// True when the socket thread has something to do about it.
  private func append(_ bytes: [UInt8], _ state: inout State) -> Bool {
    if state.isOver { return false }
    if state.sent < state.outbox.count {
      state.outbox.append(contentsOf: bytes)
    } else {
      state.outbox = bytes
      state.sent = 0
      write(&state)
    }
    if state.outbox.count - state.sent > Self.maximumOutbox { state.isOver = true }
    return state.isOver || state.sent < state.outbox.count
  }

  private func write(_ state: inout State) {
    guard let count = UnixSocket.sendSome(file, state.outbox, from: state.sent) else {
      state.isOver = true
      return
    }
    state.sent += count
    if state.sent == state.outbox.count {
      state.outbox = []
      state.sent = 0
    }
  }
}
