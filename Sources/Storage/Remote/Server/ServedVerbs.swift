package import DataModel

/// What a served store does beyond its own verbs, and whom it tells. Handlers and `gate` run on a thread of the
/// server that does nothing else; they may block and ask the store.
package struct ServerHandlers: Sendable {
  /// Refuses a submit before it is queued, by throwing what is wrong with it.
  package var gate: (@Sendable (SubmitJobs) throws(StoreError) -> Void)?
  /// Refuses the hello of a worker whose user is not the server's own, by throwing why: whoever can be that user could
  /// say that he is a worker.
  package var vouch: (@Sendable (Hello) throws(StoreError) -> Void)?
  /// A worker has said hello on that connection.
  package var onHello: (@Sendable (ConnectionID, NodeID, ProcessIdentity) -> Void)?
  /// A connection has ended; with its node, if it had said hello and not again on another connection since.
  package var onEnd: (@Sendable (ConnectionID, NodeID?, ProcessIdentity?) -> Void)?
  /// What a user (by number, as the kernel says) may ask for; without it the mode of the socket decides, and
  /// whoever can connect may ask for everything.
  package var admit: (@Sendable (UInt32) -> ServerAdmission)?
  /// What the people who run the server should know; never more than a few lines a second.
  package var log: @Sendable (String) -> Void = { _ in }
  /// The socket cannot be served any more: the server has ended every connection.
  package var onFailure: @Sendable (String) -> Void = { _ in }
  var extra: [UInt16: ServedVerb] = [:]

  package init() {}

  /// Answers a verb that takes long, on a thread of its own: one that is none of the store's, or one of the store's
  /// that would hold up others there.
  package mutating func handleAlone<V: WireVerb>(
    _ type: V.Type, _ body: @escaping @Sendable (V) throws(StoreError) -> V.Reply
  ) {
    handleAlone(type, body) { reply throws(StoreError) in reply }
  }

  /// The same in two steps: what takes long, and what is done with it on the thread of all handlers. A server that stops
  /// gives the answers of that thread before it goes, so `then` may be what makes it stop.
  package mutating func handleAlone<V: WireVerb, Found: Sendable>(
    _ type: V.Type, _ body: @escaping @Sendable (V) throws(StoreError) -> Found,
    then: @escaping @Sendable (Found) throws(StoreError) -> V.Reply
  ) {
    extra[V.code] = ServedVerb(type) { payload throws(StoreError) in
      let verb = try ServedVerb.decode(V.self, payload)
      return .alone { () throws(StoreError) in
        let found = try body(verb)
        return { id throws(StoreError) in
          let reply = try then(found)
          return try Frame.bytes(id: id, code: V.code) { reply.encode(to: &$0) }
        }
      }
    }
  }

  /// Answers a verb that is none of the store's.
  package mutating func handle<V: WireVerb>(
    _ type: V.Type, _ body: @escaping @Sendable (V) throws(StoreError) -> V.Reply
  ) {
    extra[V.code] = ServedVerb(type) { payload throws(StoreError) in
      let verb = try ServedVerb.decode(V.self, payload)
      return .aside { id throws(StoreError) in
        let reply = try body(verb)
        return try Frame.bytes(id: id, code: V.code) { reply.encode(to: &$0) }
      }
    }
  }
}

/// A connection of a server, by a number that is never used twice.
package typealias ConnectionID = UInt64

/// How one verb that arrives as bytes is done.
struct ServedVerb: Sendable {
  /// What a request has become: each answers with the bytes of the reply to the request of that id.
  enum Work {
    typealias Answer = @Sendable (UInt32) throws(StoreError) -> [UInt8]
    case read(@Sendable (UInt32, SQLStore) throws(StoreError) -> [UInt8])
    case write(any StoreVerb, @Sendable (UInt32, SQLTransaction) throws(StoreError) -> [UInt8])
    case aside(@Sendable (UInt32) throws(StoreError) -> [UInt8])
    /// First what takes long, then the answer.
    case alone(@Sendable () throws(StoreError) -> Answer)
  }

  let prepare: @Sendable ([UInt8]) throws(StoreError) -> Work
  /// Reads the payload of an answer to it, and forgets what it says.
  let readReply: @Sendable ([UInt8]) throws(StoreError) -> Void

  init<V: WireVerb>(_ type: V.Type, prepare: @escaping @Sendable ([UInt8]) throws(StoreError) -> Work) {
    self.prepare = prepare
    readReply = { payload throws(StoreError) in
      var reader = WireReader(payload)
      _ = try V.Reply(from: &reader)
      try reader.finish()
    }
  }

  static func decode<V: WireVerb>(_ type: V.Type, _ payload: [UInt8]) throws(StoreError) -> V {
    var reader = WireReader(payload)
    let verb = try V(from: &reader)
    try reader.finish()
    return verb
  }

  private static func of<V: StoreVerb>(_ type: V.Type) -> (UInt16, ServedVerb) {
    let served = ServedVerb(type) { payload throws(StoreError) in
      let verb = try decode(V.self, payload)
      switch V.access {
      case .read:
        return .read { id, store throws(StoreError) in
          let reply = try store.perform(verb)
          return try Frame.bytes(id: id, code: V.code) { reply.encode(to: &$0) }
        }
      case .write:
        return .write(verb) { id, transaction throws(StoreError) in
          let reply = try verb.run(in: transaction)
          return try Frame.bytes(id: id, code: V.code) { reply.encode(to: &$0) }
        }
      }
    }
    return (V.code, served)
  }

  /// Every verb of the store by its code.
  static let all: [UInt16: ServedVerb] = Dictionary(
    uniqueKeysWithValues: [
      of(SubmitJobs.self), of(RequestCancel.self), of(GetJob.self), of(ListJobs.self), of(ListEvents.self),
      of(ListLogLines.self), of(CountJobs.self), of(Hello.self), of(ClaimJobs.self), of(WriteRuns.self),
      of(EndNode.self), of(OrderNode.self), of(ListNodes.self), of(CancelNodeJobs.self),
      of(PutPluginFile.self),
      of(ListPlugins.self), of(ReportPlugin.self), of(WriteRecord.self), of(ReadRecord.self),
      of(FindRecords.self), of(ListRecords.self), of(GetRecord.self), of(ListJobRecords.self),
      of(BeginStep.self), of(EndStep.self), of(ListSteps.self), of(GetLost.self), of(ClaimReconciles.self),
      of(FinishReconcile.self), of(RequestReconcile.self), of(ResolveJob.self), of(ListAudit.self),
      of(CheckStore.self), of(PruneHistory.self), of(FindPrunedJob.self),
      of(AcceptVersion.self), of(ListVersions.self), of(PlacePlugin.self),
      of(RevokePlugin.self), of(ListRevocations.self),
    ])
}

/// A frame taken apart in each way that either side of the socket would, for tests: every reader has to end with an
/// answer or an error, whatever the bytes are.
package enum ReceivedFrame {
  package static func decode(_ frame: Frame) {
    if let verb = ServedVerb.all[frame.code] {
      _ = try? verb.prepare(frame.payload)
      try? verb.readReply(frame.payload)
    }
    read(StoreError.self, frame.payload)
    read(StoreSignal.self, frame.payload)
    read(StoreInterest.self, frame.payload)
    read(Handshake.self, frame.payload)
  }

  private static func read<Value: WireCodable>(_ type: Value.Type, _ payload: [UInt8]) {
    var reader = WireReader(payload)
    guard (try? Value(from: &reader)) != nil else { return }
    try? reader.finish()
  }
}
