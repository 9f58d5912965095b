import DataModel
import Foundation
import Storage
import TestSupport
import Testing

@testable import JobEngine

/// The bytes of an outbox, and the file on a disk.
@Suite("The outbox") struct OutboxFormatTests {
  static let process = ProcessIdentity(pid: 4711, startTicks: 99, bootID: "boot-1")

  static func outcome(_ job: Int64, _ code: Int32 = 0) -> KeptOutcome {
    KeptOutcome(
      run: JobRun(job: JobID(job), fence: job + 1),
      end: RunEnd(
        code: code, message: "said", result: #"{"a":1}"#, leftBehind: ["vm"], stopBits: 1,
        usage: Usage(cpuNanoseconds: 5), endedAt: 77))
  }

  static func read(_ bytes: [UInt8]) throws -> [KeptOutcome] {
    var cursor = try OutboxCursor { offset, count in Array(bytes.dropFirst(offset).prefix(count)) }
    #expect(cursor.process == process)
    var outcomes: [KeptOutcome] = []
    while let outcome = try cursor.next() { outcomes.append(outcome) }
    return outcomes
  }

  static let three = (1...3).map { outcome(Int64($0)) }
  static let bytes = three.reduce(OutboxFormat.head(process)) { $0 + OutboxFormat.record($1) }

  @Test("what is written is read")
  func roundTrip() throws {
    #expect(try Self.read(Self.bytes) == Self.three)
    #expect(try Self.read(OutboxFormat.head(Self.process)) == [])
  }

  @Test("a tail that was not written whole is ignored, however much of it there is")
  func torn() throws {
    let head = OutboxFormat.head(Self.process).count
    let record = OutboxFormat.record(Self.three[0]).count
    for length in head..<Self.bytes.count {
      let found = try Self.read(Array(Self.bytes.prefix(length)))
      #expect(found == Array(Self.three.prefix((length - head) / record)), "\(length) bytes")
    }
    for length in 0..<head {
      #expect(throws: OutboxError.self) { try Self.read(Array(Self.bytes.prefix(length))) }
    }
  }

  @Test("a byte that has changed ends the reading at its record, and never gives another outcome")
  func damaged() throws {
    let head = OutboxFormat.head(Self.process).count
    let record = OutboxFormat.record(Self.three[0]).count
    for place in head..<Self.bytes.count {
      var bytes = Self.bytes
      bytes[place] ^= 0x41
      let found = try Self.read(bytes)
      #expect(found == Array(Self.three.prefix((place - head) / record)), "byte \(place)")
    }
  }

  @Test(
    "garbage after whole records is ignored",
    arguments: [
      [UInt8](repeating: 0, count: 100), [UInt8](repeating: 0xFF, count: 100), [1, 0, 0, 0],
      [0xFF, 0xFF, 0xFF, 0x7F, 1, 2, 3, 4, 5], Array("rubbish rubbish rubbish".utf8),
    ])
  func garbage(tail: [UInt8]) throws { #expect(try Self.read(Self.bytes + tail) == Self.three) }

  @Test("a file that is none, of another version or of another form is refused and said to be so")
  func refused() throws {
    for bytes in [[], [UInt8](repeating: 0, count: 64), Array("#!/bin/sh\nexit 0\n".utf8)] {
      #expect(throws: OutboxError.self) { try Self.read(bytes) }
    }
    // The version stands behind the magic text in the first record, whose checksum is made again.
    var payload = WireWriter()
    payload.put("bulkhead outbox")
    payload.put(UInt16(2))
    var file = WireWriter()
    file.put(UInt32(payload.bytes.count))
    file.put(CRC32.of(payload.bytes))
    let error = #expect(throws: OutboxError.self) { try Self.read(file.bytes + payload.bytes) }
    #expect(error?.description.contains("version 2") == true)
    var strange = WireWriter()
    strange.put(UInt32(3))
    strange.put(CRC32.of([1, 2, 3]))
    #expect(throws: OutboxError.self) { try Self.read(Self.bytes + strange.bytes + [1, 2, 3]) }
  }

  @Test("an ended worker's outcomes are stored once under their fences, and its file is removed")
  func settled() throws {
    let test = try TestStore(.memory)
    defer { test.end() }
    let node = try test.makeNode()
    let runs = try (0..<3).map { _ in try test.running(node) }
    let folder = OutboxFolder(path: test.folder + "/outbox")
    let file = OutboxFile(folder: folder.path, process: TestStore.process())
    try file.append([KeptOutcome(run: runs[0], end: RunEnd(code: 0, result: "{}"))])
    try file.append([
      KeptOutcome(run: runs[1], end: RunEnd(code: 2)),
      // Of a run that is not the job's any more.
      KeptOutcome(run: JobRun(job: runs[2].job, fence: 7), end: RunEnd(code: 0)),
    ])
    #expect(try folder.settle(node, TestStore.process(), in: test.store) == 2)
    #expect(!FileManager.default.fileExists(atPath: file.path))
    #expect(try folder.settle(node, TestStore.process(), in: test.store) == 0)
    _ = try test.store.perform(EndNode(node: node, detail: "killed by signal 9"))
    #expect(try runs.map { try test.state($0.job) } == ["succeeded", "warning", "lost"])
  }

  @Test("a worker's own user tells of its own jobs only, and what he puts in the way holds nobody up")
  func ofUser() throws {
    let test = try TestStore(.memory)
    defer { test.end() }
    let (node, other) = (try test.makeNode(), try test.makeNode(pid: 5000))
    let (own, strange) = (try test.running(node), try test.running(other))
    let folder = OutboxFolder(path: test.folder + "/outbox")
    #expect(folder.open(to: [(uid: getuid(), gid: getgid())]) == nil)
    let place = folder.folder(of: getuid())
    let modes = try [folder.path, place.path].map {
      try FileManager.default.attributesOfItem(atPath: $0)[.posixPermissions] as? Int
    }
    #expect(modes == [0o711, 0o700])
    let file = OutboxFile(folder: place.path, process: TestStore.process())
    try file.append([own, strange].map { KeptOutcome(run: $0, end: RunEnd(code: 0)) })
    #expect(try folder.settle(node, TestStore.process(), in: test.store) == 1)
    #expect(try test.state(own.job) == "succeeded" && test.state(strange.job) == "running")
    #expect(!FileManager.default.fileExists(atPath: file.path))
    try #require(mkfifo(place.file(of: TestStore.process(5000)), 0o600) == 0)
    #expect(try folder.settle(other, TestStore.process(5000), in: test.store) == 0)
  }

  @Test("an outbox of another process, or one that cannot be read, is left as it is")
  func foreign() throws {
    let test = try TestStore(.memory)
    defer { test.end() }
    let node = try test.makeNode()
    let run = try test.running(node)
    let folder = OutboxFolder(path: test.folder + "/outbox")
    var other = TestStore.process()
    other.bootID = "another boot"
    let file = OutboxFile(folder: folder.path, process: other)
    try file.append([KeptOutcome(run: run, end: RunEnd(code: 0))])
    #expect(try folder.settle(node, TestStore.process(), in: test.store) == 0)
    #expect(try test.state(run.job) == "running")
    try Data("rubbish".utf8).write(to: URL(fileURLWithPath: file.path))
    #expect(try folder.settle(node, other, in: test.store) == 0)
    #expect(FileManager.default.fileExists(atPath: file.path))
    file.clear()
    #expect(!FileManager.default.fileExists(atPath: file.path))
  }

  @Test("an outbox that cannot be written says which file and why")
  func unwritable() throws {
    let file = OutboxFile(folder: "/dev/null/outbox", process: Self.process)
    let error = #expect(throws: OutboxError.self) { try file.append([Self.outcome(1)]) }
    #expect(error?.description.contains("/dev/null/outbox") == true)
  }
}
