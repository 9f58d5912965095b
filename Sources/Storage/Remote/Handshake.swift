/// The first frame of each side: which versions of the protocol it speaks.
package struct Handshake: Sendable, Equatable, WireCodable {
  package var minimum: UInt16
  package var maximum: UInt16

  /// "BLKH": tells our protocol from a stranger's bytes.
  private static let mark: UInt32 = 0x484b_4c42
  package static let own = Handshake(minimum: 1, maximum: 1)

  package init(minimum: UInt16, maximum: UInt16) {
    self.minimum = minimum
    self.maximum = maximum
  }

  package func encode(to writer: inout WireWriter) {
    writer.put(Self.mark)
    writer.put(minimum)
    writer.put(maximum)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    guard try reader.number(UInt32.self) == Self.mark else {
      throw StoreError(.badFrame, "what is at the other end does not speak bulkhead's protocol")
    }
    self.init(minimum: try reader.number(), maximum: try reader.number())
  }

  /// The version that both speak; `self` is the engine's side.
  func agree(with program: Handshake) throws(StoreError) -> UInt16 {
    let version = min(maximum, program.maximum)
    guard version >= max(minimum, program.minimum) else {
      throw StoreError(
        .badFrame,
        "the engine speaks protocol \(minimum) to \(maximum), this program "
          + "\(program.minimum) to \(program.maximum)", cure: "use the same version of bulkhead on both sides"
      )
    }
    return version
  }
}
