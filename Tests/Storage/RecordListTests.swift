import DataModel
import Storage
import TestSupport
import Testing

@Suite("Conformance: lists of records")
struct RecordListTests {
  private static let server = RecordTests.server

  private static func create(
    _ test: TestStore, _ run: JobRun, _ number: Int64, _ values: [String: FieldValue]
  ) throws
    -> Int64
  {
    let id = RecordNumber.make(job: run.job, fence: run.fence, number: number)
    let change = RecordChange.create(entity: server, id: id, values: RecordTests.values(server, values))
    #expect(
      try test.store.perform(WriteRecord(run: run, sequence: number, change: change)) == .done(version: 1))
    return id
  }

  @Test(
    "records are listed by id, with all their fields, by fields and by page", arguments: StoreFlavour.allCases
  )
  func lists(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let run = try test.running(try test.makeNode())
      let ids = try (1...4).map { number in
        try Self.create(
          test, run, number,
          [
            "hostname": .string("web-\(number)"), "cpus": .int(number % 2),
            "owner": number < 4 ? .string("ada") : .null,
          ])
      }
      func list(_ matches: [String: FieldValue], after: Int64 = 0, limit: Int = 10) throws -> [Int64] {
        let matches = RecordTests.values(Self.server, matches)
        return try test.store.perform(
          ListRecords(entity: Self.server, matches: matches, after: after, limit: limit)
        ).map(\.row.id)
      }
      #expect(try list([:]) == ids)
      #expect(try list([:], limit: 3) == Array(ids[..<3]))
      #expect(try list([:], after: ids[1]) == Array(ids[2...]))
      #expect(try list(["cpus": .int(1)]) == [ids[0], ids[2]])
      #expect(try list(["cpus": .int(1), "owner": .string("ada")], after: ids[0]) == [ids[2]])
      #expect(try list(["owner": .null]) == [ids[3]])
      #expect(try list(["hostname": .string("none")]).isEmpty)
      #expect(try list([:], limit: -1).isEmpty)
      let first = try test.store.perform(ListRecords(entity: Self.server, limit: 1)).first
      #expect(first?.row.values.count == 11 && first?.row.values[0].value == .string("web-1"))
      #expect(first?.createdByJob == run.job && first?.changedByJob == nil)
      #expect(
        refusal { try list(["cpus": .string("8")]) }?.message
          == "server.cpus is of type int, and the value is a string")
      #expect(refusal { try test.store.perform(ListRecords(entity: 9, limit: 1)) }?.code == .invalid)
    }
  }

  @Test(
    "a record is found by its id alone, and says who made and who changed it",
    arguments: StoreFlavour.allCases)
  func origin(_ flavour: StoreFlavour) throws {
    try TestStore.with(flavour) { test in
      let node = try test.makeNode()
      let maker = try test.running(node)
      let id = try Self.create(test, maker, 1, ["hostname": .string("web-1")])
      let changer = try test.running(node)
      let own = try Self.create(test, changer, 1, ["hostname": .string("web-2")])
      let change = RecordTests.values(Self.server, ["owner": .string("ada")])
      for (sequence, record) in [(2, id), (3, own)] {
        let write = RecordChange.set(entity: Self.server, id: record, version: 1, values: change)
        let answer = try test.store.perform(
          WriteRecord(run: changer, sequence: Int64(sequence), change: write))
        #expect(answer == .done(version: 2))
      }
      let found = try test.store.perform(GetRecord(id: id))
      #expect(found?.entity == Self.server && found?.row.version == 2)
      #expect(found?.createdByJob == maker.job && found?.changedByJob == changer.job)
      #expect(try test.store.perform(GetRecord(entity: Self.server, id: id)) == found)
      #expect(try test.store.perform(GetRecord(entity: RecordTests.handler, id: id)) == nil)
      #expect(try test.store.perform(GetRecord(id: 5)) == nil)
      #expect(refusal { try test.store.perform(GetRecord(entity: 9, id: 5)) }?.code == .invalid)
      func written(_ run: JobRun, limit: Int = 10) throws -> [Int64] {
        try test.store.perform(ListJobRecords(job: run.job, limit: limit)).map(\.row.id)
      }
      // Its own record first; what it made and then changed stands there once.
      #expect(try written(changer) == [own, id])
      #expect(try written(changer, limit: 1) == [own])
      #expect(try written(maker) == [id])
      #expect(try test.store.perform(ListJobRecords(job: JobID(999), limit: 10)).isEmpty)
    }
  }
}
