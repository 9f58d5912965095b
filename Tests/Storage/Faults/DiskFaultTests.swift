import DataModel
import Foundation
import SQLiteStorage
import Storage
import TestSupport
import Testing

@Suite("A disk that fails")
struct DiskFaultTests {
  /// Runs the scenario over and over, each time with the next call of that kind failing once, until none is left to
  /// fail. Every step that fails is asked again. How many calls there were.
  private func sweep(
    _ operation: DiskFault.Operation, _ failure: DiskFault.Failure, lasts: Bool, stride: Int = 1
  ) throws -> Int {
    let wanted = try run([], nil).facts
    var number = 1
    while true {
      let (facts, wasReached) = try run([DiskFault(operation, number, failure, lasts: lasts)], operation)
      #expect(facts == wanted, "\(operation) \(number)")
      if !wasReached { return number - 1 }
      number += stride
    }
  }

  private func run(
    _ faults: [DiskFault], _ operation: DiskFault.Operation?
  ) throws -> (facts: [String], wasReached: Bool) {
    let disk = FaultyDisk()
    let test = try TestStore(.direct, disk: disk)
    defer { test.end() }
    disk.arm(faults)
    let scenario = FaultScenario()
    var wasReached = false
    for (name, step) in scenario.steps {
      do {
        try step(test)
      } catch let error as StoreError {
        #expect(error.code == .database && error.message.contains(test.path), "\(name): \(error)")
        #expect(!error.cure.isEmpty)
        try test.checkTables()
        // It stays so as long as the disk does; then the same request is done.
        if let fault = faults.first, fault.lasts { #expect(refusal { try step(test) } != nil, "\(name)") }
        wasReached = true
        disk.heal()
        try step(test)
      }
    }
    if let operation, let fault = faults.first, disk.calls(operation) >= fault.number { wasReached = true }
    disk.heal()
    try test.checkTables()
    let facts = try scenario.facts(test)
    try expectSame(facts, scenario, test)
    return (facts, wasReached)
  }

  /// What was accepted is in the files: they are opened again, by a disk that works.
  private func expectSame(_ facts: [String], _ scenario: FaultScenario, _ test: TestStore) throws {
    let again = try TestStore(copyOf: test)
    defer { again.end() }
    #expect(try scenario.facts(again) == facts)
    try again.checkTables()
  }

  @Test(
    "whichever write finds the disk full, nothing is half-written, and the same request succeeds later",
    arguments: [DiskFault.Failure.full, .short, .error])
  func writes(_ failure: DiskFault.Failure) async throws {
    let calls = try await onThread {
      try sweep(.write, failure, lasts: false, stride: failure == .full ? 1 : 4)
    }
    #expect(calls > 40)
  }

  @Test("a disk that stays full refuses every write, and nothing is lost when space is freed")
  func staysFull() async throws {
    _ = try await onThread { try sweep(.write, .full, lasts: true, stride: 3) }
  }

  @Test(
    "whichever sync fails, the store makes sure of what it has before it goes on", arguments: [false, true])
  func syncs(lasts: Bool) async throws {
    let calls = try await onThread { try sweep(.sync, .error, lasts: lasts) }
    #expect(calls > 5)
  }

  @Test("after a failed sync nothing is written before the disk has taken what was committed")
  func doubt() throws {
    let disk = FaultyDisk()
    let test = try TestStore(.direct, disk: disk)
    defer { test.end() }
    let kept = try test.submit(5)
    disk.arm([DiskFault(.sync, 1, .error, lasts: true)])
    #expect(refusal { try test.submit(5) }?.message.contains("disk reports an error") == true)
    let written = disk.calls(.write)
    for _ in 0..<3 { #expect(refusal { try test.submit(5) } != nil) }
    #expect(disk.calls(.write) == written)
    #expect(try test.store.perform(ListJobs()).map(\.id) == kept.reversed())
    disk.arm([DiskFault(.truncate, 1, .error)])
    #expect(refusal { try test.submit(5) } != nil)
    let next = try test.submit(1)
    // As the files lie now is what a process that died here would leave.
    let again = try TestStore(copyOf: test)
    defer { again.end() }
    #expect(try again.store.perform(ListJobs()).map(\.id) == next + kept.reversed())
  }

  @Test("the environment's words arm the disk, and nothing else does")
  func words() {
    let armed = DiskFault.parse(
      "store.before_commit:3=kill,disk.write:17=full,disk.sync:2+=error,disk.write:1=kill")
    #expect(
      armed == [
        DiskFault(.write, 17, .full), DiskFault(.sync, 2, .error, lasts: true), DiskFault(.write, 1, .kill),
      ])
    for text in [
      "", "disk.write", "disk.write:0=full", "disk.read:1=full", "disk.write:1=odd", "disk.write:x=full",
    ] {
      #expect(DiskFault.parse(text).isEmpty, "\(text)")
    }
  }
}
