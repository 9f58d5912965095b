package import DataModel

/// What may be done to one worker.
package enum WorkerCommandMode: UInt8, Sendable, CaseIterable {
  /// Claims nothing more, ends when what it runs has ended; another takes its place at once.
  case drain = 1
  /// Killed: its jobs are settled when its end is proven.
  case kill = 2
}

/// Asks `serve` for the workers as it sees them.
package struct ListWorkers: Sendable, Equatable, WireVerb {
  package static let code: UInt16 = 102

  package struct Reply: Sendable, Equatable, WireCodable {
    package var workers: [WorkerFacts]
    /// Which mechanism of this machine holds which kind of limit, one line.
    package var mechanism: String

    package init(workers: [WorkerFacts], mechanism: String) {
      self.workers = workers
      self.mechanism = mechanism
    }

    package func encode(to writer: inout WireWriter) {
      writer.put(workers)
      writer.put(mechanism)
    }

    package init(from reader: inout WireReader) throws(StoreError) {
      self.init(workers: try reader.value(), mechanism: try reader.string())
    }
  }

  package init() {}
  package func encode(to writer: inout WireWriter) {}
  package init(from reader: inout WireReader) throws(StoreError) {}
}

/// Drains or kills one worker. Answers its process, so that its end can be watched.
package struct CommandWorker: Sendable, Equatable, WireVerb {
  package typealias Reply = ProcessIdentity
  package static let code: UInt16 = 103

  package var node: NodeID
  package var mode: WorkerCommandMode

  package init(node: NodeID, mode: WorkerCommandMode) {
    self.node = node
    self.mode = mode
  }

  package func encode(to writer: inout WireWriter) {
    writer.put(node)
    writer.put(mode.rawValue)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(node: try reader.value(), mode: try reader.choice())
  }
}

/// Asks `serve` to become the program that its file holds now, without ending a worker. Refused when that program
/// does not run.
package struct ServeRestart: Sendable, Equatable, WireVerb {
  package static let code: UInt16 = 104

  package struct Reply: Sendable, Equatable, WireCodable {
    /// What the file says when asked for its version.
    package var version: String
    package init(version: String) { self.version = version }
    package func encode(to writer: inout WireWriter) { writer.put(version) }
    package init(from reader: inout WireReader) throws(StoreError) { version = try reader.string() }
  }

  package init() {}
  package func encode(to writer: inout WireWriter) {}
  package init(from reader: inout WireReader) throws(StoreError) {}
}

/// One worker as `serve` sees it: its node, whether it answers, and what it is held to.
package struct WorkerFacts: Sendable, Equatable, WireCodable {
  package enum State: UInt8, Sendable, CaseIterable {
    case running = 1
    case draining = 2
    /// It has said nothing for some time, or has no connection, or its process is stopped. Its jobs stay its own.
    case unresponsive = 3

    package var name: String {
      switch self {
      case .running: "running"
      case .draining: "draining"
      case .unresponsive: "unresponsive"
      }
    }
  }

  package var node: NodeRow
  package var state: State
  /// When it was last heard; 0 unless it is unresponsive.
  package var silentSince: Milliseconds
  /// Why it is called unresponsive: "its process is stopped (signal 19)".
  package var silence: String
  /// What it is held to, and by which mechanism, a sentence each.
  package var limits: [String]
  /// Limits that were asked for and cannot be held here, with the reason.
  package var gaps: [String]

  package init(
    node: NodeRow, state: State, silentSince: Milliseconds = 0, silence: String = "", limits: [String] = [],
    gaps: [String] = []
  ) {
    self.node = node
    self.state = state
    self.silentSince = silentSince
    self.silence = silence
    self.limits = limits
    self.gaps = gaps
  }

  package func encode(to writer: inout WireWriter) {
    writer.put(node)
    writer.put(state.rawValue)
    writer.put(silentSince)
    writer.put(silence)
    writer.put(limits)
    writer.put(gaps)
  }

  package init(from reader: inout WireReader) throws(StoreError) {
    self.init(
      node: try reader.value(), state: try reader.choice(), silentSince: try reader.number(),
      silence: try reader.string(), limits: try reader.value(), gaps: try reader.value())
  }
}
