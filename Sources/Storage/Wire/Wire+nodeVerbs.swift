import DataModel

extension ProcessIdentity: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(pid)
    writer.put(startTicks)
    writer.put(bootID)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(pid: try reader.number(), startTicks: try reader.number(), bootID: try reader.string())
  }
}

extension InventoryEntry: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(job)
    writer.put(fence)
    switch phase {
    case .leased: writer.put(UInt8(1))
    case .starting: writer.put(UInt8(2))
    case .running: writer.put(UInt8(3))
    case .zombie: writer.put(UInt8(4))
    case .finished(let end):
      writer.put(UInt8(5))
      writer.put(end)
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    let (job, fence) = (try reader.value(JobID.self), try reader.number(Fence.self))
    let phase: Phase
    switch try reader.number(UInt8.self) {
    case 1: phase = .leased
    case 2: phase = .starting
    case 3: phase = .running
    case 4: phase = .zombie
    case 5: phase = .finished(try reader.value())
    case let raw: throw WireReader.unknown(raw, of: "InventoryEntry.Phase")
    }
    self.init(job: job, fence: fence, phase: phase)
  }
}

extension Hello: WireVerb {
  package typealias Reply = HelloAnswer
  package static let code: UInt16 = 10

  package func encode(to writer: inout WireWriter) {
    writer.put(node)
    writer.put(process)
    writer.put(inventory)
    writer.put(group)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      node: try reader.value(), process: try reader.value(), inventory: try reader.value(),
      group: try reader.string())
  }
}

extension HelloAnswer: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(node)
    writer.put(UInt32(truncatingIfNeeded: verdicts.count))
    for verdict in verdicts { writer.put(verdict.rawValue) }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(node: try reader.value(), verdicts: [])
    for _ in 0..<(try reader.count()) { verdicts.append(try reader.choice()) }
  }
}

extension ClaimJobs: WireVerb {
  package typealias Reply = ClaimAnswer
  package static let code: UInt16 = 11

  package func encode(to writer: inout WireWriter) {
    writer.put(node)
    writer.put(kinds)
    writer.put(limit)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(node: try reader.value(), kinds: try reader.value(), limit: try reader.value())
  }
}

extension ClaimAnswer: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(UInt32(truncatingIfNeeded: leases.count))
    var last: JobKind?
    for lease in leases {
      writer.put(lease.kind, unless: &last)
      writer.put(lease.run)
      writer.put(lease.params)
      writer.put(lease.attempt)
      writer.put(lease.deadlineMilliseconds)
      writer.put(lease.cleanupMilliseconds)
      writer.put(lease.graceMilliseconds)
      writer.put(lease.submittedAt)
    }
    writer.put(cancels)
    writer.put(order.rawValue)
    writer.put(pluginRevision)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    let count = try reader.count()
    var leases: [Lease] = []
    leases.reserveCapacity(min(count, 4096))
    var last: JobKind?
    for _ in 0..<count {
      let kind = try reader.kind(orLast: &last)
      leases.append(
        Lease(
          run: try reader.value(), kind: kind, params: try reader.string(), attempt: try reader.value(),
          deadlineMilliseconds: try reader.number(), cleanupMilliseconds: try reader.number(),
          graceMilliseconds: try reader.number(), submittedAt: try reader.number()))
    }
    self.init(
      leases: leases, cancels: try reader.value(), order: try reader.choice(),
      pluginRevision: try reader.number())
  }
}

extension RunWrite: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(run)
    switch act {
    case .start: writer.put(UInt8(1))
    case .handBack: writer.put(UInt8(2))
    case .passDeadline: writer.put(UInt8(3))
    case .endGrace: writer.put(UInt8(4))
    case .zombieReturned: writer.put(UInt8(5))
    case .finish(let end):
      writer.put(UInt8(6))
      writer.put(end)
    case .progress(let progress):
      writer.put(UInt8(7))
      writer.put(progress)
    case .log(let lines):
      writer.put(UInt8(8))
      writer.put(lines)
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    let run = try reader.value(JobRun.self)
    switch try reader.number(UInt8.self) {
    case 1: self.init(run, .start)
    case 2: self.init(run, .handBack)
    case 3: self.init(run, .passDeadline)
    case 4: self.init(run, .endGrace)
    case 5: self.init(run, .zombieReturned)
    case 6: self.init(run, .finish(try reader.value()))
    case 7: self.init(run, .progress(try reader.value()))
    case 8: self.init(run, .log(try reader.value()))
    case let raw: throw WireReader.unknown(raw, of: "RunWrite.Act")
    }
  }
}

extension WriteRuns: WireVerb {
  package typealias Reply = [RunAnswer]
  package static let code: UInt16 = 12

  package func encode(to writer: inout WireWriter) {
    writer.put(node)
    writer.put(items)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(node: try reader.value(), items: try reader.value())
  }
}

extension RunAnswer: WireCodable {
  package func encode(to writer: inout WireWriter) { writer.put(rawValue) }
  package init(from reader: inout WireReader) throws(StoreError) { self = try reader.choice() }
}

extension EndNode: WireVerb {
  package typealias Reply = EndNodeAnswer
  package static let code: UInt16 = 13

  package func encode(to writer: inout WireWriter) {
    writer.put(node)
    writer.put(detail)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(node: try reader.value(), detail: try reader.string())
  }
}

extension EndNodeAnswer: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(requeued)
    writer.put(lost)
    writer.put(ended)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(requeued: try reader.value(), lost: try reader.value(), ended: try reader.value())
  }
}

extension OrderNode: WireVerb {
  /// How many nodes got a new order.
  package typealias Reply = Int
  package static let code: UInt16 = 14

  package func encode(to writer: inout WireWriter) {
    writer.put(node)
    writer.put(order.rawValue)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(node: try reader.value(), order: try reader.choice())
  }
}

extension ListNodes: WireVerb {
  package typealias Reply = [NodeRow]
  package static let code: UInt16 = 15
  package func encode(to writer: inout WireWriter) {}
  package init(from reader: inout WireReader) throws(StoreError) { self.init() }
}

extension NodeRow: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(id)
    writer.put(process)
    writer.put(order.rawValue)
    writer.put(activeJobs)
    writer.put(since)
    writer.put(group)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      id: try reader.value(), process: try reader.value(), order: try reader.choice(),
      activeJobs: try reader.value(), since: try reader.number(), group: try reader.string())
  }
}

extension CancelNodeJobs: WireVerb {
  package typealias Reply = Int
  package static let code: UInt16 = 16
  package func encode(to writer: inout WireWriter) { writer.put(node) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(node: try reader.value()) }
}
