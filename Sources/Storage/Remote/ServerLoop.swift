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

  private static let maximumConnections = 1000
  /// Who has not said who he is after this long is no client of ours.
  private static let greetingMilliseconds: Int64 = 10_000

  private let listener: Int32
  private let requests: ServerRequests
  private let wakeRead: Int32
  private let wakeWrite: Int32
  private let isWoken = Atomic(false)
  private let isClosing = Atomic(false)

  init(listener: Int32, _ requests: ServerRequests) throws(StoreError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0, UnixSocket.setNonBlocking(ends[0]), UnixSocket.setNonBlocking(ends[1]),
      fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0
    else { throw StoreError(.database, "cannot make a pipe: \(String(cString: strerror(errno)))") }
    self.listener = listener
    self.requests = requests
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

  func stop() {
    isClosing.store(true, ordering: .releasing)
    wake()
  }

  func run() {
    var clients: [Client] = []
    var nextID: ConnectionID = 1
    var buffer = [UInt8](repeating: 0, count: 1 << 17)
    var canAccept = true
    while !isClosing.load(ordering: .acquiring) {
      var files = poll(clients, canAccept)
      let timeout: Int32 = !canAccept ? 100 : clients.contains { !$0.isGreeted } ? 1000 : -1
      if Glibc.poll(&files, nfds_t(files.count), timeout) < 0 && errno != EINTR { break }
      if files[0].revents != 0 { drainWake(&buffer) }
      for index in clients.indices {
        let events = files[index + 2].revents
        if events & Int16(POLLOUT) != 0 { clients[index].connection.flush() }
        if events & Int16(POLLIN | POLLHUP | POLLERR) != 0 { read(&clients[index], clients, &buffer) }
      }
      dropEnded(&clients)
      canAccept = files[1].revents == 0 || accept(&clients, &nextID)
    }
    for client in clients { drop(client) }
    close(listener)
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
      case .connection(let file) where clients.count >= Self.maximumConnections: close(file)
      case .connection(let file):
        let connection = ServerConnection(file, id: nextID) { [weak self] in self?.wake() }
        nextID += 1
        clients.append(Client(connection: connection, since: MonotonicClock.nanoseconds))
      case .nobodyWaits: return true
      case .noDescriptor: return false
      }
    }
  }

  private func read(_ client: inout Client, _ all: [Client], _ buffer: inout [UInt8]) {
    if client.connection.isOver { return }
    let count = recv(client.connection.file, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
    guard count > 0 else { return client.connection.end() }
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
      let isSilent = !client.isGreeted && now - client.since > Self.greetingMilliseconds * 1_000_000
      guard client.connection.isOver || isSilent else { return false }
      drop(client)
      return true
    }
  }

  private func drop(_ client: Client) {
    client.connection.end()
    close(client.connection.file)
    requests.ended(client.connection)
  }
}
