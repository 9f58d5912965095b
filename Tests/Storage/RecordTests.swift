import DataModel
import Storage
import TestSupport
import Testing

@Suite("Conformance: records")
struct RecordTests {
  /// A run that writes records, numbering its writes.
  private final class Writer {
    let test: TestStore
    let run: JobRun
    var sequence: Int64 = 0

    init(_ test: TestStore) throws {
      self.test = test
      run = try test.running(try test.makeNode())
    }

    func write(_ change: RecordChange) throws -> RecordAnswer {
      sequence += 1
      return try test.store.perform(WriteRecord(run: run, sequence: sequence, change: change))
    }
  }

  static let handler = entity("resource_handler")
  static let environment = entity("environment")
  static let server = entity("server")

  static let names = "; resolve its name first: resource_handler, environment, server"
  static let fields =
    "; resolve its name first: hostname, ip, cpus, memory_mib, power, status, external_id, handler, environment, "
    + "owner, created_at"

  static func entity(_ name: String) -> UInt32 { Catalogue.standard.entityID(named: name) ?? 0 }

  static func values(_ entity: UInt32, _ values: [String: FieldValue]) -> [FieldAssignment] {
    values.sorted { $0.key < $1.key }.map { name, value in
      FieldAssignment(field: Catalogue.standard.fieldID(entity: entity, named: name) ?? 0, value: value)
    }
  }

  private func makeHandler(_ writer: Writer, id: Int64 = 1, name: String = "kvm-1") throws -> RecordAnswer {
    let values = Self.values(Self.handler, ["name": .string(name), "kind": .string("libvirt")])
    return try writer.write(.create(entity: Self.handler, id: id, values: values))
  }

  @Test("every type of field comes back as it was written", arguments: StoreFlavour.allCases)
  func roundTrip(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let writer = try Writer(test)
      #expect(try makeHandler(writer) == .done(version: 1))
      let values = Self.values(
        Self.server,
        [
          "hostname": .string("wéb-1"), "cpus": .int(-4), "memory_mib": .int(Int64.max), "ip": .string(""),
          "handler": .ref(1), "created_at": .instant(test.now), "power": .null,
        ])
      #expect(
        try writer.write(.create(entity: Self.server, id: 7_000_000_000, values: values)) == .done(version: 1)
      )
      let fields = values.map(\.field) + [99].filter { $0 < 12 }
      let row = try test.store.perform(ReadRecord(entity: Self.server, id: 7_000_000_000, fields: fields))
      #expect(row == RecordRow(id: 7_000_000_000, version: 1, values: values))
      #expect(try test.store.perform(ReadRecord(entity: Self.server, id: 8, fields: fields)) == nil)
    }
  }

  @Test(
    "a change raises the version; one that saw an older version conflicts", arguments: StoreFlavour.allCases)
  func versions(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let writer = try Writer(test)
      _ = try makeHandler(writer)
      let change = Self.values(Self.handler, ["endpoint": .string("qemu:///system")])
      #expect(
        try writer.write(.set(entity: Self.handler, id: 1, version: 1, values: change)) == .done(version: 2))
      #expect(
        try writer.write(.set(entity: Self.handler, id: 1, version: 0, values: change)) == .done(version: 3))
      #expect(
        try writer.write(.set(entity: Self.handler, id: 1, version: 2, values: change))
          == .conflict("resource_handler 1 was changed meanwhile: it is at version 3, not 2"))
      #expect(
        try writer.write(.delete(entity: Self.handler, id: 1, version: 2))
          == .conflict("resource_handler 1 was changed meanwhile: it is at version 3, not 2"))
      #expect(try writer.write(.delete(entity: Self.handler, id: 1, version: 3)) == .done(version: 3))
      #expect(try writer.write(.delete(entity: Self.handler, id: 1, version: 0)) == .notFound)
      #expect(try writer.write(.set(entity: Self.handler, id: 1, version: 0, values: change)) == .notFound)
    }
  }

  @Test("a taken natural key names entity, key, value and owner", arguments: StoreFlavour.allCases)
  func naturalKey(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let writer = try Writer(test)
      _ = try makeHandler(writer)
      let taken = RecordAnswer.conflict(#"resource_handler.name "kvm-1" is taken by resource_handler 1"#)
      #expect(try makeHandler(writer, id: 2) == taken)
      #expect(try makeHandler(writer, id: 2, name: "kvm-2") == .done(version: 1))
      let rename = Self.values(Self.handler, ["name": .string("kvm-1")])
      #expect(try writer.write(.set(entity: Self.handler, id: 2, version: 0, values: rename)) == taken)
      #expect(
        try writer.write(.set(entity: Self.handler, id: 1, version: 0, values: rename)) == .done(version: 2))
      #expect(try makeHandler(writer, id: 2, name: "x") == .conflict("resource_handler 2 exists already"))
    }
  }

  @Test("references are checked both ways", arguments: StoreFlavour.allCases)
  func references(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let writer = try Writer(test)
      let values = Self.values(Self.environment, ["name": .string("prod"), "handler": .ref(1)])
      #expect(
        try writer.write(.create(entity: Self.environment, id: 5, values: values))
          == .invalid("environment.handler: there is no resource_handler 1"))
      _ = try makeHandler(writer)
      #expect(
        try writer.write(.create(entity: Self.environment, id: 5, values: values)) == .done(version: 1))
      #expect(
        try writer.write(.delete(entity: Self.handler, id: 1, version: 0))
          == .conflict("resource_handler 1 is referred to by environment 5 (handler)"))
      let free = Self.values(Self.environment, ["handler": .null])
      #expect(
        try writer.write(.set(entity: Self.environment, id: 5, version: 0, values: free)) == .done(version: 2)
      )
      #expect(try writer.write(.delete(entity: Self.handler, id: 1, version: 0)) == .done(version: 1))
    }
  }

  @Test("wrong values are refused with the field's name", arguments: StoreFlavour.allCases)
  func invalid(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let writer = try Writer(test)
      let host = Self.values(Self.server, ["hostname": .string("a")])
      let examples: [(UInt32, [FieldAssignment], String)] = [
        (Self.server, [], "server.hostname is required"),
        (Self.server, Self.values(Self.server, ["hostname": .null]), "server.hostname is required"),
        (
          Self.server, Self.values(Self.server, ["hostname": .int(1)]),
          "server.hostname is of type string, and the value is an int"
        ),
        (Self.server, host + host, "server.hostname is given twice"),
        (
          Self.server, host + [FieldAssignment(field: 99, value: .null)],
          "server has no field number 99" + Self.fields
        ),
        (
          Self.server, host + [FieldAssignment(field: 0, value: .null)],
          "server has no field number 0" + Self.fields
        ),
        (77, host, "there is no entity number 77" + Self.names),
        (0, host, "there is no entity number 0" + Self.names),
      ]
      for (entity, values, text) in examples {
        #expect(try writer.write(.create(entity: entity, id: 1, values: values)) == .invalid(text))
      }
      _ = try writer.write(.create(entity: Self.server, id: 1, values: host))
      let clear = Self.values(Self.server, ["hostname": .null])
      #expect(
        try writer.write(.set(entity: Self.server, id: 1, version: 0, values: clear))
          == .invalid("server.hostname is required"))
      #expect(refusal { try test.store.perform(ReadRecord(entity: 77, id: 1, fields: [])) }?.code == .invalid)
      #expect(
        refusal { try test.store.perform(ReadRecord(entity: Self.server, id: 1, fields: [99])) }?.code
          == .invalid)
    }
  }

  @Test("a replayed write is answered and not done again", arguments: StoreFlavour.allCases)
  func replay(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let writer = try Writer(test)
      _ = try makeHandler(writer)
      let change = WriteRecord(
        run: writer.run, sequence: 2,
        change: .set(
          entity: Self.handler, id: 1, version: 1,
          values: Self.values(Self.handler, ["endpoint": .string("a")])))
      #expect(try test.store.perform(change) == .done(version: 2))
      #expect(try test.store.perform(change) == .done(version: 2))
      let create = WriteRecord(
        run: writer.run, sequence: 1, change: .create(entity: Self.handler, id: 1, values: []))
      #expect(try test.store.perform(create) == .done(version: 2))
      // A refused write has not used its number.
      writer.sequence = 2
      #expect(try makeHandler(writer, id: 1) == .conflict("resource_handler 1 exists already"))
      writer.sequence = 2
      #expect(try makeHandler(writer, id: 3, name: "kvm-3") == .done(version: 1))
      // Gone meanwhile: version 0.
      _ = try writer.write(.delete(entity: Self.handler, id: 3, version: 0))
      let gone = WriteRecord(
        run: writer.run, sequence: 3, change: .set(entity: Self.handler, id: 3, version: 0, values: []))
      #expect(try test.store.perform(gone) == .done(version: 0))
    }
  }

  @Test("only a run whose start stands may write", arguments: StoreFlavour.allCases, JobState.allCases)
  func fence(_ flavour: StoreFlavour, _ state: JobState) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let run = try test.job(in: state, node)
      let values = Self.values(Self.environment, ["name": .string("prod")])
      let change = RecordChange.create(entity: Self.environment, id: 1, values: values)
      let old = JobRun(job: run.job, fence: run.fence + 1)
      #expect(try test.store.perform(WriteRecord(run: old, sequence: 1, change: change)) == .fenced)
      let answer = try test.store.perform(WriteRecord(run: run, sequence: 1, change: change))
      #expect(answer == (state == .running || state == .cancelling ? .done(version: 1) : .fenced))
      let nobody = JobRun(job: JobID(999), fence: 1)
      #expect(try test.store.perform(WriteRecord(run: nobody, sequence: 1, change: change)) == .fenced)
    }
  }

  @Test("a new run counts its writes from one", arguments: StoreFlavour.allCases)
  func sequenceOfNextRun(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let first = try test.running(node, .idempotent)
      let values = { (name: String) in Self.values(Self.environment, ["name": .string(name)]) }
      _ = try test.store.perform(
        WriteRecord(
          run: first, sequence: 1, change: .create(entity: Self.environment, id: 1, values: values("a"))))
      _ = try test.store.perform(EndNode(node: node, detail: "x"))
      let next = try test.makeNode(pid: 5)
      let run = try test.claim(next)[0].run
      _ = try test.write(next, run, .start)
      _ = try test.store.perform(
        WriteRecord(
          run: run, sequence: 1, change: .create(entity: Self.environment, id: 2, values: values("b"))))
      #expect(
        try test.store.perform(ReadRecord(entity: Self.environment, id: 2, fields: [1]))?.values
          == values("b"))
    }
  }

  @Test("records are found by the value of a field, ascending", arguments: StoreFlavour.allCases)
  func find(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let writer = try Writer(test)
      _ = try makeHandler(writer)
      for id: Int64 in [5, 3, 4] {
        let values = Self.values(
          Self.server, ["hostname": .string("s\(id)"), "cpus": .int(id == 4 ? 2 : 8), "handler": .ref(1)])
        _ = try writer.write(.create(entity: Self.server, id: id, values: values))
      }
      let find = { (field: String, value: FieldValue, limit: Int) throws -> [Int64] in
        let match = Self.values(Self.server, [field: value])[0]
        return try test.store.perform(FindRecords(entity: Self.server, match: match, limit: limit))
      }
      #expect(try find("cpus", .int(8), 10) == [3, 5])
      #expect(try find("handler", .ref(1), 2) == [3, 4])
      #expect(try find("hostname", .string("s4"), 10) == [4])
      #expect(try find("owner", .null, 10) == [3, 4, 5])
      #expect(try find("cpus", .int(9), 10).isEmpty)
      #expect(
        refusal { try find("cpus", .string("8"), 10) }?.message
          == "server.cpus is of type int, and the value is a string")
    }
  }
}
