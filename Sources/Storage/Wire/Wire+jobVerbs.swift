package import DataModel

extension SubmitJobs: WireVerb {
  package typealias Reply = [JobID]
  package static let code: UInt16 = 1

  package func encode(to writer: inout WireWriter) {
    writer.put(batchID)
    writer.put(UInt32(truncatingIfNeeded: jobs.count))
    var last: JobKind?
    for job in jobs {
      writer.put(job.kind, unless: &last)
      writer.put(job.params)
      writer.put(job.repeatRule.rawValue)
      writer.put(job.deadlineMilliseconds)
      writer.put(job.cleanupMilliseconds)
      writer.put(job.graceMilliseconds)
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(batchID: try reader.blob(), jobs: [])
    let count = try reader.count()
    jobs.reserveCapacity(min(count, 4096))
    var last: JobKind?
    for _ in 0..<count {
      jobs.append(
        JobRequest(
          kind: try reader.kind(orLast: &last), params: try reader.string(), repeatRule: try reader.choice(),
          deadlineMilliseconds: try reader.number(), cleanupMilliseconds: try reader.number(),
          graceMilliseconds: try reader.number()))
    }
  }
}

extension WireWriter {
  /// Jobs of one message are mostly of one kind: it is written only when it differs from the one before.
  mutating func put(_ kind: JobKind, unless last: inout JobKind?) {
    put(kind != last)
    guard kind != last else { return }
    put(kind)
    last = kind
  }
}

extension WireReader {
  mutating func kind(orLast last: inout JobKind?) throws(StoreError) -> JobKind {
    if try bool() { last = try value(JobKind.self) }
    guard let last else { throw StoreError(.badFrame, "a message names no kind of job") }
    return last
  }
}

extension RequestCancel: WireVerb {
  package typealias Reply = CancelAnswer
  package static let code: UInt16 = 2
  package func encode(to writer: inout WireWriter) { writer.put(job) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(job: try reader.value()) }
}

extension CancelAnswer: WireCodable {
  package func encode(to writer: inout WireWriter) {
    switch self {
    case .notFound: writer.put(UInt8(0))
    case .alreadyEnded(let outcome):
      writer.put(UInt8(1))
      writer.put(outcome.rawValue)
    case .cancelled: writer.put(UInt8(2))
    case .cancelling: writer.put(UInt8(3))
    case .unreachable(let state):
      writer.put(UInt8(4))
      writer.put(state.rawValue)
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .notFound
    case 1: self = .alreadyEnded(try reader.choice())
    case 2: self = .cancelled
    case 3: self = .cancelling
    case 4: self = .unreachable(try reader.choice())
    case let raw: throw WireReader.unknown(raw, of: "CancelAnswer")
    }
  }
}

extension GetJob: WireVerb {
  package typealias Reply = JobRow?
  package static let code: UInt16 = 3
  package func encode(to writer: inout WireWriter) { writer.put(job) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(job: try reader.value()) }
}

extension ListJobs: WireVerb {
  package typealias Reply = [JobRow]
  package static let code: UInt16 = 4

  package func encode(to writer: inout WireWriter) {
    writer.put(states)
    writer.put(kind)
    writer.put(before)
    writer.put(limit)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      states: try reader.value(), kind: try reader.value(), before: try reader.value(),
      limit: try reader.value())
  }
}

extension ListEvents: WireVerb {
  package typealias Reply = [JobEvent]
  package static let code: UInt16 = 5

  package func encode(to writer: inout WireWriter) {
    writer.put(job)
    writer.put(after)
    writer.put(limit)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(job: try reader.value(), after: try reader.number(), limit: try reader.value())
  }
}

extension ListLogLines: WireVerb {
  package typealias Reply = [LogLine]
  package static let code: UInt16 = 6

  package func encode(to writer: inout WireWriter) {
    writer.put(job)
    writer.put(after)
    writer.put(limit)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(job: try reader.value(), after: try reader.number(), limit: try reader.value())
  }
}

extension CountJobs: WireVerb {
  /// Jobs by name of state or outcome; every name is there.
  package typealias Reply = [String: Int]
  package static let code: UInt16 = 7
  package func encode(to writer: inout WireWriter) {}
  package init(from reader: inout WireReader) throws(StoreError) { self.init() }
}
