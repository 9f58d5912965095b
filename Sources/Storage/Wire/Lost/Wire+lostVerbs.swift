package import DataModel

extension GetLost: WireVerb {
  package typealias Reply = LostRow?
  package static let code: UInt16 = 43
  package func encode(to writer: inout WireWriter) { writer.put(job) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(job: try reader.value()) }
}

extension LostRow: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(job)
    writer.put(since)
    writer.put(runEnded)
    writer.put(message)
    writer.put(leftBehind)
    writer.put(tries)
    writer.put(dueAt)
    writer.put(answer)
    writer.put(answeredAt)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      job: try reader.value(), since: try reader.number(), runEnded: try reader.bool(),
      message: try reader.string(), leftBehind: try reader.value(), tries: try reader.value(),
      dueAt: try reader.value(), answer: try reader.string(), answeredAt: try reader.value())
  }
}

extension ClaimReconciles: WireVerb {
  package typealias Reply = ReconcileClaims
  package static let code: UInt16 = 44

  package func encode(to writer: inout WireWriter) {
    writer.put(node)
    writer.put(kinds)
    writer.put(asking)
    writer.put(limit)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      node: try reader.value(), kinds: try reader.value(), asking: try reader.value(),
      limit: try reader.value())
  }
}

extension ReconcileClaims: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(leases)
    writer.put(nextDueInMilliseconds)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(leases: try reader.value(), nextDueInMilliseconds: try reader.value())
  }
}

extension ReconcileLease: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(ask)
    writer.put(run)
    writer.put(kind)
    writer.put(params)
    writer.put(attempt)
    writer.put(submittedAt)
    writer.put(reason)
    writer.put(leftBehind)
    writer.put(steps)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      ask: try reader.number(), run: try reader.value(), kind: try reader.value(),
      params: try reader.string(), attempt: try reader.value(), submittedAt: try reader.number(),
      reason: try reader.string(), leftBehind: try reader.value(), steps: try reader.value())
  }
}

extension FinishReconcile: WireVerb {
  package typealias Reply = Bool
  package static let code: UInt16 = 45

  package func encode(to writer: inout WireWriter) {
    writer.put(ask)
    writer.put(job)
    writer.put(answer)
    writer.put(logs)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      ask: try reader.number(), job: try reader.value(), answer: try reader.value(), logs: try reader.value())
  }
}

extension ReconcileAnswer: WireCodable {
  package func encode(to writer: inout WireWriter) {
    switch self {
    case .done(_, let result):
      writer.put(UInt8(1))
      writer.put(result)
    case .failed: writer.put(UInt8(2))
    case .notStarted: writer.put(UInt8(3))
    case .unknown: writer.put(UInt8(4))
    }
    writer.put(text)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    switch try reader.number(UInt8.self) {
    case 1:
      let result = try reader.value(String?.self)
      self = .done(try reader.string(), result: result)
    case 2: self = .failed(try reader.string())
    case 3: self = .notStarted(try reader.string())
    case 4: self = .unknown(try reader.string())
    case let raw: throw WireReader.unknown(raw, of: "ReconcileAnswer")
    }
  }
}

extension RequestReconcile: WireVerb {
  package typealias Reply = LostJobAnswer
  package static let code: UInt16 = 46
  package func encode(to writer: inout WireWriter) { writer.put(job) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(job: try reader.value()) }
}

extension LostJobAnswer: WireCodable {
  package func encode(to writer: inout WireWriter) {
    switch self {
    case .done: writer.put(UInt8(1))
    case .notFound: writer.put(UInt8(2))
    case .notLost(let state):
      writer.put(UInt8(3))
      writer.put(state)
    case .needsProof: writer.put(UInt8(4))
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    switch try reader.number(UInt8.self) {
    case 1: self = .done
    case 2: self = .notFound
    case 3: self = .notLost(try reader.string())
    case 4: self = .needsProof
    case let raw: throw WireReader.unknown(raw, of: "LostJobAnswer")
    }
  }
}

extension ResolveJob: WireVerb {
  package typealias Reply = LostJobAnswer
  package static let code: UInt16 = 47

  package func encode(to writer: inout WireWriter) {
    writer.put(job)
    writer.put(resolution.verdict.rawValue)
    writer.put(resolution.reason)
    writer.put(resolution.attestsRunEnded)
    writer.put(result)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      job: try reader.value(),
      resolution: Resolution(
        try reader.choice(), reason: try reader.string(), attestsRunEnded: try reader.bool()),
      result: try reader.value())
  }
}

extension ListAudit: WireVerb {
  package typealias Reply = [AuditRow]
  package static let code: UInt16 = 48

  package func encode(to writer: inout WireWriter) {
    writer.put(before)
    writer.put(limit)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(before: try reader.number(), limit: try reader.value())
  }
}

extension AuditRow: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(id)
    writer.put(at)
    writer.put(who)
    writer.put(verb)
    writer.put(subject)
    writer.put(detail)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      id: try reader.number(), at: try reader.number(), who: try reader.string(), verb: try reader.string(),
      subject: try reader.string(), detail: try reader.string())
  }
}
