import Glibc
package import Storage

/// A client that can misbehave: it sends whatever bytes a test wants and reads only when told.
// SAFETY: used by one test thread at a time.
package final class RawSocket: @unchecked Sendable {
  private let file: Int32
  private var cutter = FrameCutter()

  /// Connects; every read gives up after ten seconds.
  package init(_ path: String) throws {
    file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let code = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else { throw StoreError(.noEngine, String(cString: strerror(errno))) }
  }

  deinit { Glibc.close(file) }

  /// Connects and shakes hands as a good client does.
  package static func greeted(_ path: String) throws -> RawSocket {
    let socket = try RawSocket(path)
    try socket.send(Frame.bytes(id: 1, code: Frame.Code.handshake) { Handshake.own.encode(to: &$0) })
    guard try socket.read()?.code == Frame.Code.handshake else { throw StoreError(.badFrame, "no handshake") }
    return socket
  }

  /// True when the kernel took all of it.
  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = Glibc.send(file, Array(bytes[sent...]), bytes.count - sent, Int32(MSG_NOSIGNAL))
      if count <= 0 { return false }
      sent += count
    }
    return true
  }

  package func send<V: WireVerb>(_ verb: V, id: UInt32) throws {
    send(try Frame.bytes(id: id, code: V.code) { verb.encode(to: &$0) })
  }

  /// The next frame, nil when the other end has closed.
  package func read() throws -> Frame? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let frame = try cutter.next() { return frame }
      let count = recv(file, &buffer, buffer.count, 0)
      if count == 0 || (count < 0 && errno == ECONNRESET) { return nil }
      guard count > 0 else { throw StoreError(.database, "nothing came within ten seconds") }
      cutter.append(buffer[..<count])
    }
  }

  /// The error that a frame carries.
  package static func error(_ frame: Frame?) throws -> StoreError? {
    guard let frame, frame.code == Frame.Code.error else { return nil }
    var reader = WireReader(frame.payload)
    return try reader.value(StoreError.self)
  }
}
