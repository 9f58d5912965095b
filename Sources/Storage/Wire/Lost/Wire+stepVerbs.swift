extension BeginStep: WireVerb {
  package typealias Reply = BeginStepAnswer
  package static let code: UInt16 = 40

  package func encode(to writer: inout WireWriter) {
    writer.put(run)
    writer.put(name)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(run: try reader.value(), name: try reader.string())
  }
}

extension BeginStepAnswer: WireCodable {
  package func encode(to writer: inout WireWriter) {
    switch self {
    case .fresh: writer.put(UInt8(1))
    case .begun: writer.put(UInt8(2))
    case .done(let result):
      writer.put(UInt8(3))
      writer.put(result)
    case .fenced: writer.put(UInt8(4))
    case .full: writer.put(UInt8(5))
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    switch try reader.number(UInt8.self) {
    case 1: self = .fresh
    case 2: self = .begun
    case 3: self = .done(result: try reader.string())
    case 4: self = .fenced
    case 5: self = .full
    case let raw: throw WireReader.unknown(raw, of: "BeginStepAnswer")
    }
  }
}

extension EndStep: WireVerb {
  /// False: the run no longer owns the job.
  package typealias Reply = Bool
  package static let code: UInt16 = 41

  package func encode(to writer: inout WireWriter) {
    writer.put(run)
    writer.put(name)
    writer.put(result)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(run: try reader.value(), name: try reader.string(), result: try reader.string())
  }
}

extension ListSteps: WireVerb {
  package typealias Reply = [StepRow]
  package static let code: UInt16 = 42
  package func encode(to writer: inout WireWriter) { writer.put(job) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(job: try reader.value()) }
}

extension StepRow: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(name)
    writer.put(token)
    writer.put(result)
    writer.put(begunAt)
    writer.put(doneAt)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      name: try reader.string(), token: try reader.string(), result: try reader.value(),
      begunAt: try reader.number(), doneAt: try reader.value())
  }
}
