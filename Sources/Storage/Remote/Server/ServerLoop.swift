import Glibc
import Synchronization
import Threading

/// The socket thread of a server: waits on all descriptors at once, cuts what comes into frames, and never waits
/// for anything else. Owns the descriptors.
final class ServerLoop: Sendable {
  /// One connection as the thread sees it.
  private struct Client {
    let connection: ServerConnection
    let since: Int64
    var cutter = FrameCutter()
    var isGreeted = false
  }

  let listener: Int32
  private let requests: ServerRequests
  private let settings: ServerSettings
  private let wakeRead: Int32
  private let wakeWrite: Int32
  private let isWoken = Atomic(false)
  private let isClosing = Atomic(false)
  private let keepsListener = Atomic(false)
  /// When the last refusal was, on the monotonic clock: of many a second one is told.
  private let refusedAt = Atomic<Int64>(0)

  init(
    listener: Int32, _ requests: ServerRequests, _ settings: ServerSettings
  ) throws(StoreError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0, UnixSocket.setNonBlocking(ends[0]), UnixSocket.setNonBlocking(ends[1]),
      fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0
    else { throw StoreError(.database, "cannot make a pipe: \(String(cString: strerror(errno)))") }
    self.listener = listener
    self.requests = requests
    self.settings = settings
    (wakeRead, wakeWrite) = (ends[0], ends[1])
  }

  deinit {
    close(wakeRead)
    close(wakeWrite)
  }

  /// Makes the thread look at everything again.
  func wake() {
    if !isWoken.exchange(true, ordering: .acquiringAndReleasing) { _ = write(wakeWrite, "x", 1) }
  }

  /// `keepsListener`: whoever waits there goes on waiting, and the caller owns it.
  func stop(keepsListener keeps: Bool = false) {
    keepsListener.store(keeps, ordering: .relaxed)
    isClosing.store(true, ordering: .releasing)
    wake()
  }

  func run() {
    var clients: [Client] = []
    var nextID: ConnectionID = 1
    var buffer = [UInt8](repeating: 0, count: 1 << 17)
    var canAccept = true
    var failures = 0
    while !isClosing.load(ordering: .acquiring) {
      var files = poll(clients, canAccept)
      if settings.poll(&files, nfds_t(files.count), timeout(clients, canAccept)) < 0 && errno != EINTR {
        failures += 1
        if !mayGoOn(after: failures, String(cString: strerror(errno))) { break }
        continue
      }
      failures = 0
      if files[0].revents != 0 { drainWake(&buffer) }
      for index in clients.indices {
        let events = files[index + 2].revents
        if events & Int16(POLLOUT) != 0 { clients[index].connection.flush() }
        if events & Int16(POLLNVAL) != 0 { clients[index].connection.end() }
        if events & Int16(POLLIN | POLLHUP | POLLERR) != 0 { read(&clients[index], clients, &buffer) }
      }
      dropEnded(&clients)
      dropGreediest(&clients)
      canAccept = files[1].revents == 0 || accept(&clients, &nextID)
    }
    for client in clients { drop(client) }
    if !keepsListener.load(ordering: .relaxed) { close(listener) }
  }

  /// A failure of `poll` is waited out, for it is most likely one of memory. One that stays ends the server, and
  /// whoever runs it is told.
  private func mayGoOn(after failures: Int, _ reason: String) -> Bool {
    if failures == 1 { requests.handlers.log("the socket cannot be watched, trying again: \(reason)") }
    if failures >= settings.pollFailures {
      requests.handlers.onFailure("the socket cannot be watched: \(reason)")
      return false
    }
    _ = Glibc.poll(nil, 0, 100)
    return true
  }

  /// Somebody may have to be dropped for his silence: looked at twice a second then.
  private func timeout(_ clients: [Client], _ canAccept: Bool) -> Int32 {
    if !canAccept { return 100 }
    return clients.contains { !$0.isGreeted || $0.cutter.heldBytes > 0 } ? 500 : -1
  }

  private func poll(_ clients: [Client], _ canAccept: Bool) -> [pollfd] {
    var files = [pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0)]
    files.append(pollfd(fd: canAccept ? listener : -1, events: Int16(POLLIN), revents: 0))
    for client in clients {
      var events: Int32 = 0
      if client.connection.mayRead { events |= POLLIN }
      if client.connection.hasOutput { events |= POLLOUT }
      files.append(pollfd(fd: client.connection.file, events: Int16(events), revents: 0))
    }
    return files
  }

  private func drainWake(_ buffer: inout [UInt8]) {
    // First empty the pipe, then allow the next byte: the other way round a byte that came between would be read
    // away while its sender's mark stays, and nobody could wake this thread again. Whoever calls between the two
    // needs no byte: everything is looked at after this.
    _ = Glibc.read(wakeRead, &buffer, buffer.count)
    _ = isWoken.exchange(false, ordering: .acquiringAndReleasing)
  }

  /// False when descriptors have run out: the listener is then left alone for a moment, for it would go on calling.
  private func accept(_ clients: inout [Client], _ nextID: inout ConnectionID) -> Bool {
    while true {
      switch UnixSocket.accept(listener) {
      case .connection(let file):
        guard let (peer, admission) = admit(file) else { continue }
        if clients.count >= settings.connections, !makeRoom(&clients) {
          refuse(file, Self.tooMany(settings.connections))
          continue
        }
        let connection = ServerConnection(file, id: nextID, peer: peer, admission: admission) { [weak self] in
          self?.wake()
        }
        nextID += 1
        clients.append(Client(connection: connection, since: MonotonicClock.nanoseconds))
      case .nobodyWaits: return true
      case .noDescriptor: return false
      }
    }
  }

  private func admit(_ file: Int32) -> (PeerIdentity, ServerAdmission)? {
    guard let peer = UnixSocket.peer(file) else {
      close(file)
      return nil
    }
    let admission = requests.handlers.admit?(peer.uid) ?? .everything
    if admission != .nothing { return (peer, admission) }
    refuse(
      file,
      StoreError(
        .noEngine, "user \(peer.uid) may not speak to this engine", cure: "ask as the user who started it"))
    return nil
  }

  /// Whoever has not said who he is goes first, the oldest of them: so silent connections cannot keep clients out.
  private func makeRoom(_ clients: inout [Client]) -> Bool {
    guard let index = clients.firstIndex(where: { !$0.isGreeted }) else { return false }
    clients[index].connection.send(Frame.error(id: 0, Self.tooMany(settings.connections)))
    drop(clients[index])
    clients.remove(at: index)
    return true
  }

  private func refuse(_ file: Int32, _ error: StoreError) {
    _ = UnixSocket.sendSome(file, Frame.error(id: 0, error), from: 0)
    close(file)
    let now = MonotonicClock.nanoseconds
    if now - refusedAt.exchange(now, ordering: .relaxed) > 1_000_000_000 {
      requests.handlers.log("a connection was refused: \(error)")
    }
  }

  private static func tooMany(_ count: Int) -> StoreError {
    StoreError(
      .noEngine, "the engine has \(count) connections already and takes no more",
      cure: "end clients that wait, or try again later")
  }

  private func read(_ client: inout Client, _ all: [Client], _ buffer: inout [UInt8]) {
    if client.connection.isOver { return }
    let count = recv(client.connection.file, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
    guard count > 0 else { return client.connection.end() }
    client.connection.heardAt.store(MonotonicClock.nanoseconds, ordering: .relaxed)
    client.cutter.append(buffer[..<count])
    do throws(StoreError) {
      while !client.connection.isOver, let frame = try client.cutter.next() {
        if client.isGreeted {
          let own = client.connection
          requests.take(frame, from: own) { all.map(\.connection).filter { $0 !== own } }
        } else {
          try greet(&client, frame)
        }
      }
    } catch {
      client.connection.send(Frame.error(id: 0, error))
      client.connection.end()
    }
  }

  private func greet(_ client: inout Client, _ frame: Frame) throws(StoreError) {
    do throws(StoreError) {
      guard frame.code == Frame.Code.handshake else {
        throw StoreError(.badFrame, "the first message has to be a handshake")
      }
      var reader = WireReader(frame.payload)
      let version = try Handshake.own.agree(with: try reader.value())
      let agreed = Handshake(minimum: version, maximum: version)
      client.connection.send(try Frame.bytes(id: frame.id, code: frame.code) { agreed.encode(to: &$0) })
      client.isGreeted = true
    } catch {
      client.connection.send(Frame.error(id: frame.id, error))
      client.connection.end()
    }
  }

  private func dropEnded(_ clients: inout [Client]) {
    let now = MonotonicClock.nanoseconds
    clients.removeAll { client in
      if !client.connection.isOver {
        guard let error = patienceOver(client, now) else { return false }
        client.connection.send(Frame.error(id: 0, error))
      }
      drop(client)
      return true
    }
  }

  /// Why a client is not waited for any longer.
  private func patienceOver(_ client: Client, _ now: Int64) -> StoreError? {
    if !client.isGreeted {
      guard now - client.since > settings.greetingMilliseconds * 1_000_000 else { return nil }
      return StoreError(.badFrame, "no handshake came within \(settings.greetingMilliseconds) ms")
    }
    // One that is not read because its requests wait cannot go on either.
    guard client.cutter.heldBytes > 0, client.connection.mayRead,
      now - client.connection.heardAt.load(ordering: .relaxed) > settings.messageMilliseconds * 1_000_000
    else { return nil }
    return StoreError(
      .badFrame, "a message was begun and not ended within \(settings.messageMilliseconds) ms")
  }

  /// Memory is bounded for all together: above the bound whoever holds most of it goes.
  private func dropGreediest(_ clients: inout [Client]) {
    func held(_ client: Client) -> Int { client.cutter.heldBytes + client.connection.heldBytes }
    var total = clients.reduce(0) { $0 + held($1) }
    while total > settings.heldBytes,
      let index = clients.indices.max(by: { held(clients[$0]) < held(clients[$1]) })
    {
      let bytes = held(clients[index])
      total -= bytes
      let error = StoreError(
        .invalid, "this connection held \(bytes) bytes while the engine was short of memory for its clients",
        cure: "read the answers, and ask for less at once")
      requests.handlers.log("process \(clients[index].connection.peer.pid) is dropped: \(error.message)")
      clients[index].connection.send(Frame.error(id: 0, error))
      drop(clients[index])
      clients.remove(at: index)
    }
  }

  private func drop(_ client: Client) {
    client.connection.end()
    close(client.connection.file)
    requests.ended(client.connection)
  }
}
