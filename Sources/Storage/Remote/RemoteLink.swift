import Glibc
import Synchronization
import Threading

/// One connection of a `RemoteStore`: requests that wait for answers, and the thread that brings them.
final class RemoteLink: Sendable {
  private typealias Answer = Result<[UInt8], StoreError>
  private typealias Call = Threading.Condition<Answer?>

  private struct State: Sendable {
    var nextID: UInt32 = 1
    var calls: [UInt32: Call] = [:]
    var handlers: [UInt32: @Sendable (StoreSignal) -> Void] = [:]
    var isOver = false
    /// Why the engine ended the connection, in its own words.
    var farewell: StoreError?
  }

  private let file: Int32
  private let path: String
  private let state = Mutex(State())
  /// Held while a frame is written, so that frames do not mix.
  private let sending = Mutex(())
  private let onEnd: @Sendable () -> Void

  /// Owns the descriptor.
  init(_ file: Int32, path: String, onEnd: @escaping @Sendable () -> Void) {
    self.file = file
    self.path = path
    self.onEnd = onEnd
  }

  deinit { Glibc.close(file) }

  /// Why the engine ended the connection, when it said so.
  var farewell: StoreError? { state.withLock { $0.farewell } }

  /// Both directions end; the reading thread wakes up and settles all who wait.
  func end() { shutdown(file, Int32(SHUT_RDWR)) }

  /// Asks and waits for the answer; with a limit, an engine that does not answer in time is `noEngine`.
  func ask(
    _ code: UInt16, milliseconds: Int64? = nil, _ body: (inout WireWriter) -> Void
  ) throws(StoreError) -> [UInt8] {
    let call = Call(nil)
    let id = try add(call)
    do throws(StoreError) {
      try send(Frame.bytes(id: id, code: code, body))
    } catch {
      state.withLock { $0.calls[id] = nil }
      throw error
    }
    if let answer = call.wait(milliseconds: milliseconds, { $0 }) { return try answer.get() }
    throw StoreError(
      .noEngine, "the engine at \(path) does not answer",
      cure: "look whether its process is stopped or its disk hangs")
  }

  func observe(
    _ interest: StoreInterest, _ handler: @escaping @Sendable (StoreSignal) -> Void
  ) throws(StoreError) -> StoreObservation {
    let number = state.withLock { state in
      let number = state.nextID
      state.nextID += 1
      state.handlers[number] = handler
      return number
    }
    _ = try ask(Frame.Code.observe) { writer in
      writer.put(number)
      writer.put(interest)
    }
    return StoreObservation { [weak self] in self?.endObservation(number) }
  }

  private func endObservation(_ number: UInt32) {
    guard state.withLock({ $0.handlers.removeValue(forKey: number) != nil && !$0.isOver }) else { return }
    // Nobody waits for this answer: it has an id that no call has.
    if let bytes = try? Frame.bytes(id: UInt32.max, code: Frame.Code.endObservation, { $0.put(number) }) {
      send(bytes)
    }
  }

  /// When it cannot be sent the reading thread finds the end too, and settles the call.
  private func send(_ bytes: [UInt8]) {
    if !sending.withLock({ _ in UnixSocket.sendAll(file, bytes) }) { end() }
  }

  /// The thread that reads: until the other end closes or says something that is not understood.
  func readReplies() {
    var cutter = FrameCutter()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    reading: while true {
      let count = recv(file, &buffer, buffer.count, 0)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      cutter.append(buffer[..<count])
      do {
        while let frame = try cutter.next() { try take(frame) }
      } catch {
        break reading
      }
    }
    finish()
  }

  private func take(_ frame: Frame) throws(StoreError) {
    var reader = WireReader(frame.payload)
    if frame.code == Frame.Code.signal {
      let (number, signal) = (try reader.number(UInt32.self), try reader.value(StoreSignal.self))
      state.withLock { $0.handlers[number] }?(signal)
      return
    }
    if frame.code == Frame.Code.error, frame.id == 0 {
      let farewell = try reader.value(StoreError.self)
      return state.withLock { $0.farewell = farewell }
    }
    guard let call = state.withLock({ $0.calls.removeValue(forKey: frame.id) }) else { return }
    if frame.code == Frame.Code.error {
      let error = try reader.value(StoreError.self)
      call.update { $0 = .failure(error) }
    } else {
      call.update { $0 = .success(frame.payload) }
    }
  }

  private func finish() {
    end()
    let (calls, farewell) = state.withLock { state in
      state.isOver = true
      defer {
        state.calls = [:]
        state.handlers = [:]
      }
      return (Array(state.calls.values), state.farewell)
    }
    let error =
      farewell
      ?? StoreError(
        .inDoubt, "the connection to the engine at \(path) ended before its answer came",
        cure: "look at what the store says now before asking again")
    for call in calls { call.update { $0 = .failure(error) } }
    onEnd()
  }

  private func add(_ call: Call) throws(StoreError) -> UInt32 {
    let id = state.withLock { state -> UInt32? in
      if state.isOver { return nil }
      let id = state.nextID
      // 0 is for pushes, the highest for questions that nobody waits for.
      state.nextID = id >= UInt32.max - 2 ? 1 : id + 1
      state.calls[id] = call
      return id
    }
    guard let id else { throw isClosed }
    return id
  }

  private var isClosed: StoreError {
    StoreError(.closed, "the connection to the engine at \(path) has ended", cure: "connect again")
  }
}
