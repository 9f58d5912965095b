package import DataModel

extension JobID: WireCodable {
  package func encode(to writer: inout WireWriter) { writer.put(rawValue) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(try reader.number(Int64.self)) }
}

extension NodeID: WireCodable {
  package func encode(to writer: inout WireWriter) { writer.put(rawValue) }
  package init(from reader: inout WireReader) throws(StoreError) { self.init(try reader.number(Int64.self)) }
}

extension JobKind: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(plugin)
    writer.put(action)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(plugin: try reader.string(), action: try reader.string())
  }
}

extension JobRun: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(job.rawValue)
    writer.put(fence)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(job: try reader.value(), fence: try reader.number())
  }
}

extension Usage: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(cpuNanoseconds)
    writer.put(wallNanoseconds)
    writer.put(hostCalls)
    writer.put(memory)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      cpuNanoseconds: try reader.number(), wallNanoseconds: try reader.number(),
      hostCalls: try reader.number(), memory: try reader.value())
  }
}

extension MemoryUsage: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(allocations)
    writer.put(allocatedBytes)
    writer.put(peakBytes)
    writer.put(liveBytes)
    writer.put(liveBlocks)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      allocations: try reader.number(), allocatedBytes: try reader.number(), peakBytes: try reader.number(),
      liveBytes: try reader.number(), liveBlocks: try reader.number())
  }
}

extension RunEnd: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(code)
    writer.put(message)
    writer.put(result)
    writer.put(leftBehind)
    writer.put(stopBits)
    writer.put(usage)
    writer.put(endedAt)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      code: try reader.number(), message: try reader.string(), result: try reader.value(),
      leftBehind: try reader.value(), stopBits: try reader.number(), usage: try reader.value(),
      endedAt: try reader.number())
  }
}

extension JobProgress: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(done)
    writer.put(total)
    writer.put(message)
    writer.put(at)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      done: try reader.number(), total: try reader.number(), message: try reader.string(),
      at: try reader.number())
  }
}

extension LogLine: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(id)
    writer.put(at)
    writer.put(level)
    writer.put(text)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      id: try reader.number(), at: try reader.number(), level: try reader.number(),
      text: try reader.string())
  }
}

extension JobEnd: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(outcome.rawValue)
    writer.put(code)
    writer.put(message)
    writer.put(result)
    writer.put(leftBehind)
    writer.put(usage)
    writer.put(finishedAt)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      outcome: try reader.choice(), code: try reader.number(), message: try reader.string(),
      result: try reader.value(), leftBehind: try reader.value(), usage: try reader.value(),
      finishedAt: try reader.number())
  }
}

extension JobStatus: WireCodable {
  package func encode(to writer: inout WireWriter) {
    switch self {
    case .live(let state):
      writer.put(UInt8(0))
      writer.put(state.rawValue)
    case .ended(let end):
      writer.put(UInt8(1))
      writer.put(end)
    }
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    switch try reader.number(UInt8.self) {
    case 0: self = .live(try reader.choice())
    case 1: self = .ended(try reader.value())
    case let raw: throw WireReader.unknown(raw, of: "JobStatus")
    }
  }
}

extension ReasonCode: WireCodable {
  package func encode(to writer: inout WireWriter) { writer.put(rawValue) }

  package init(from reader: inout WireReader) throws(StoreError) {
    let raw = try reader.string()
    guard let reason = ReasonCode(rawValue: raw) else {
      throw StoreError(.badFrame, "a message holds the reason '\(raw)', which is not known here")
    }
    self = reason
  }
}

extension JobEvent: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(id)
    writer.put(job)
    writer.put(at)
    writer.put(from)
    writer.put(to)
    writer.put(reason)
    writer.put(fence)
    writer.put(detail)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      id: try reader.number(), job: try reader.value(), at: try reader.number(), from: try reader.string(),
      to: try reader.string(), reason: try reader.value(), fence: try reader.number(),
      detail: try reader.string())
  }
}

extension JobRow: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.put(id)
    writer.put(kind)
    writer.put(params)
    writer.put(repeatRule.rawValue)
    writer.put(deadlineMilliseconds)
    writer.put(submittedAt)
    writer.put(status)
    writer.put(fence)
    writer.put(attempt)
    writer.put(node)
    writer.put(startedAt)
    writer.put(cancelRequested)
    writer.put(progress)
    writer.put(reason)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      id: try reader.value(), kind: try reader.value(), params: try reader.string(),
      repeatRule: try reader.choice(), deadlineMilliseconds: try reader.number(),
      submittedAt: try reader.number(), status: try reader.value(), fence: try reader.number(),
      attempt: try reader.value(), node: try reader.value(), startedAt: try reader.value(),
      cancelRequested: try reader.bool(), progress: try reader.value(), reason: try reader.value())
  }
}
