package import DataModel
package import Storage

/// Where a worker keeps outcomes that the store has not taken: they outlive the worker's process.
package protocol Outbox: AnyObject, Sendable {
  /// Adds outcomes; when it returns they are on the disk.
  func append(_ outcomes: [KeptOutcome]) throws(OutboxError)
  /// The store has answered for all that was appended.
  func clear()
}

/// What one run came to.
package struct KeptOutcome: Sendable, Equatable {
  package var run: JobRun
  package var end: RunEnd

  package init(run: JobRun, end: RunEnd) {
    self.run = run
    self.end = end
  }
}

/// Why an outbox could not be written or read, and what to do.
package struct OutboxError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = description }
}

/// The bytes of an outbox: a head that says whose it is, then one record an outcome. Each is a length and a CRC-32 of
/// what follows (4 bytes each, little-endian), then its payload in the store's wire form. Whatever was not written
/// whole fails its checksum, and ends the reading there.
package enum OutboxFormat {
  private static let magic = "bulkhead outbox"
  /// Rises with every change of what the records hold.
  static let version: UInt16 = 1
  /// No record is longer: an outcome fits a frame.
  static let maximumRecord = Frame.maximumPayload

  /// The first bytes of a file: the process whose outcomes follow.
  package static func head(_ process: ProcessIdentity) -> [UInt8] {
    record { writer in
      writer.put(magic)
      writer.put(version)
      writer.put(process)
    }
  }

  package static func record(_ outcome: KeptOutcome) -> [UInt8] {
    record { writer in
      writer.put(outcome.run.job.rawValue)
      writer.put(outcome.run.fence)
      writer.put(outcome.end)
    }
  }

  static func process(_ head: [UInt8]) throws(OutboxError) -> ProcessIdentity {
    var reader = WireReader(head)
    guard (try? reader.string()) == magic, let found = try? reader.number(UInt16.self) else {
      throw OutboxError("it is no outbox")
    }
    guard found == version else {
      throw OutboxError("it is of version \(found), and this program reads version \(version)")
    }
    guard let process = try? reader.value(ProcessIdentity.self) else {
      throw OutboxError("its head is damaged")
    }
    return process
  }

  static func outcome(_ payload: [UInt8]) throws(StoreError) -> KeptOutcome {
    var reader = WireReader(payload)
    let run = JobRun(job: JobID(try reader.number(Int64.self)), fence: try reader.number(Int64.self))
    let end = try reader.value(RunEnd.self)
    try reader.finish()
    return KeptOutcome(run: run, end: end)
  }

  private static func record(_ body: (inout WireWriter) -> Void) -> [UInt8] {
    var payload = WireWriter()
    body(&payload)
    var whole = WireWriter(capacity: payload.bytes.count + 8)
    whole.put(UInt32(truncatingIfNeeded: payload.bytes.count))
    whole.put(CRC32.of(payload.bytes))
    return whole.bytes + payload.bytes
  }
}

/// Reads an outbox from its beginning, as far as its records are whole.
package struct OutboxCursor {
  private let bytes: (_ offset: Int, _ count: Int) -> [UInt8]
  private var offset = 0
  /// The process whose outcomes these are.
  package let process: ProcessIdentity

  /// `bytes` reads at an offset; fewer than wanted at the end. Throws for what has no head of this version.
  package init(_ bytes: @escaping (_ offset: Int, _ count: Int) -> [UInt8]) throws(OutboxError) {
    self.bytes = bytes
    guard let (head, length) = Self.record(at: 0, bytes) else { throw OutboxError("it has no whole head") }
    process = try OutboxFormat.process(head)
    offset = length
  }

  /// The next outcome; nil at the end, or where the process died while it wrote.
  package mutating func next() throws(OutboxError) -> KeptOutcome? {
    guard let (payload, length) = Self.record(at: offset, bytes) else { return nil }
    offset += length
    do {
      return try OutboxFormat.outcome(payload)
    } catch {
      throw OutboxError("its record at byte \(offset - length) is of another form: \(error)")
    }
  }

  /// The next outcomes that fit one request; empty at the end.
  package mutating func nextBatch() throws(OutboxError) -> [KeptOutcome] {
    let start = offset
    var outcomes: [KeptOutcome] = []
    while outcomes.count < 1000, offset - start < 4 << 20, let outcome = try next() {
      outcomes.append(outcome)
    }
    return outcomes
  }

  private static func record(
    at offset: Int, _ bytes: (Int, Int) -> [UInt8]
  ) -> (payload: [UInt8], length: Int)? {
    let head = bytes(offset, 8)
    guard head.count == 8 else { return nil }
    let length = Int(number(head[0..<4]))
    guard length <= OutboxFormat.maximumRecord else { return nil }
    let payload = bytes(offset + 8, length)
    guard payload.count == length, CRC32.of(payload) == number(head[4..<8]) else { return nil }
    return (payload, length + 8)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}

/// CRC-32 of zip and Ethernet, without their last inversion: so a tail of zeros is no empty record.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
  }

  static func of(_ bytes: [UInt8]) -> UInt32 {
    bytes.reduce(0xFFFF_FFFF) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
  }
}
