/// One message on the socket: length (4 bytes, of all that follows), request id (4), code (2), payload.
/// A reply has its request's id and code, or the code of an error. Pushes have id 0.
package struct Frame: Sendable, Equatable {
  package var id: UInt32
  package var code: UInt16
  package var payload: [UInt8]

  static let headBytes = 10
  /// Bytes before the payload.
  package static let headLength = headBytes
  /// The longest payload that either side takes.
  package static let maximumPayload = 16 << 20

  package init(id: UInt32, code: UInt16, payload: [UInt8]) {
    self.id = id
    self.code = code
    self.payload = payload
  }

  /// Codes of the protocol itself; verbs have lower ones.
  package enum Code {
    package static let handshake: UInt16 = 0xFF00
    package static let error: UInt16 = 0xFF01
    package static let signal: UInt16 = 0xFF02
    package static let observe: UInt16 = 0xFF03
    package static let endObservation: UInt16 = 0xFF04
  }

  /// The bytes of a frame whose payload `body` writes.
  package static func bytes(
    id: UInt32, code: UInt16, _ body: (inout WireWriter) -> Void
  ) throws(StoreError) -> [UInt8] {
    var writer = WireWriter()
    writer.put(UInt32(0))
    writer.put(id)
    writer.put(code)
    body(&writer)
    guard writer.bytes.count - headBytes <= maximumPayload else {
      throw StoreError(
        .invalid, "a message of \(writer.bytes.count) bytes is too long for the store's socket",
        cure: "send or ask for less at once")
    }
    writer.patch(UInt32(writer.bytes.count - 4), at: 0)
    return writer.bytes
  }

  /// By scalars: one character may be as long as a frame.
  private static func cut(_ text: String) -> String {
    text.utf8.count <= 10_000 ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(10_000)))
  }

  /// The frame that tells an error; its texts are cut where they are absurdly long.
  package static func error(id: UInt32, _ error: StoreError) -> [UInt8] {
    let short = StoreError(
      error.code, cut(error.message), cure: cut(error.cure))
    return (try? bytes(id: id, code: Code.error) { short.encode(to: &$0) }) ?? []
  }
}

/// Cuts a stream of bytes into frames. A length that no frame may have is found before its bytes are waited for.
package struct FrameCutter {
  private var bytes: [UInt8] = []
  private var offset = 0

  package init() {}

  /// Bytes of a frame that is not whole yet.
  package var heldBytes: Int { bytes.count - offset }

  package mutating func append(_ new: ArraySlice<UInt8>) {
    if offset == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
      offset = 0
    } else if offset > 1 << 16 {
      bytes.removeFirst(offset)
      offset = 0
    }
    bytes.append(contentsOf: new)
  }

  /// The next whole frame, nil when it is not all there yet.
  package mutating func next() throws(StoreError) -> Frame? {
    guard bytes.count - offset >= 4 else { return nil }
    var head = WireReader(bytes, offset..<bytes.count)
    let length = Int(try head.number(UInt32.self))
    guard length >= Frame.headBytes - 4, length <= Frame.maximumPayload + Frame.headBytes - 4 else {
      throw StoreError(.badFrame, "a message claims to be \(length) bytes long")
    }
    guard head.remaining >= length else { return nil }
    let (id, code) = (try head.number(UInt32.self), try head.number(UInt16.self))
    let start = offset + Frame.headBytes
    offset += 4 + length
    return Frame(id: id, code: code, payload: [UInt8](bytes[start..<offset]))
  }
}

extension StoreError: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(code.rawValue)
    writer.put(message)
    writer.put(cure)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(try reader.choice(Code.self), try reader.string(), cure: try reader.string())
  }
}
