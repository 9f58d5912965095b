import DataModel
import Foundation
import Glibc
import JobEngine
import Storage
import Supervision
import TestSupport
import Testing

@Suite("End to end: disks that are full, read-only or held", .timeLimit(.minutes(5)))
struct DiskFullTests {
  /// A small file system of its own over a folder, if this process may make one.
  private struct SmallDisk {
    let folder: String

    init(_ folder: String, mebibytes: Int) throws {
      self.folder = folder
      guard mount("bulkhead", folder, "tmpfs", 0, "size=\(mebibytes)m") == 0 else {
        throw RunningEngine.Failure("cannot mount on \(folder): \(String(cString: strerror(errno)))")
      }
    }

    /// Takes all the space that is left. No child of another test may hold the file open: it would never be freed.
    func fill() throws {
      let file = open(folder + "/filler", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      defer { close(file) }
      for size in [1 << 20, 4096, 1] {
        let zeros = [UInt8](repeating: 0, count: size)
        while write(file, zeros, size) == size {}
      }
    }

    func free() { unlink(folder + "/filler") }
    func makeReadOnly() -> Bool { mount("", folder, "", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 }
    func end() { umount2(folder, Int32(MNT_DETACH)) }
  }

  static let canMount: Bool = {
    guard getuid() == 0, let folder = try? TestStore.makeFolder() else { return false }
    defer { rmdir(folder) }
    guard let disk = try? SmallDisk(folder, mebibytes: 1) else { return false }
    disk.end()
    return true
  }()

  /// An engine, not started yet, whose folder is a file system of its own.
  private func onSmallDisk(
    mebibytes: Int, _ body: @escaping @Sendable (StoreEngine, SmallDisk) throws -> Void
  ) async throws {
    try await onThread {
      let test = try StoreEngine()
      let disk = try SmallDisk(test.engine.folder, mebibytes: mebibytes)
      defer {
        test.engine.end()
        disk.end()
        try? FileManager.default.removeItem(atPath: test.engine.folder)
      }
      try FileManager.default.createDirectory(
        atPath: test.engine.pluginFolder, withIntermediateDirectories: true)
      try body(test, disk)
    }
  }

  @Test(
    "a full disk refuses what is new, keeps what runs, and all of it ends when space is freed",
    .enabled(if: canMount))
  func full() async throws {
    try await onSmallDisk(mebibytes: 40) { test, disk in
      let engine = test.engine
      try test.installPad()
      try test.start()
      let store = try engine.connect()
      // These run while the disk is full, and end then.
      var accepted = try test.submit(20, milliseconds: 3000, store: store)
      try disk.fill()
      // Large ones first, then smaller ones, until not even one more fits into what the log has left.
      for (count, text) in [(40, 16_000), (1, 16_000), (1, 1)] {
        var refused: StoreError?
        while refused == nil, accepted.count < 20_000 {
          do throws(any Error) {
            accepted += try test.submit(count, text: text, store: store)
          } catch {
            refused = error as? StoreError
          }
        }
        #expect(refused?.code == .database, "\(String(describing: refused))")
        #expect(refused?.message.contains("is full") == true, "\(String(describing: refused))")
      }
      let verb = try test.command(
        "submit", "pad:hold", "--param", "text=" + String(repeating: "y", count: 100_000))
      #expect(verb.exitCode == 7 && verb.errors.contains("free some space"), "\(verb.errors)")
      #expect(engine.waitForOutput("trying on"))
      // It still answers who asks.
      #expect(try test.command("jobs", "list", "--limit", "1").exitCode == 0)
      disk.free()
      #expect(engine.waitForOutput("can be written again"))
      #expect(try test.outcomes(accepted) == ["succeeded"])
      #expect(try test.command("store", "check").exitCode == 0)
      accepted += try test.submit(5, store: store)
      #expect(try test.outcomes(accepted.suffix(5)) == ["succeeded"])
      let counts = try store.perform(CountJobs())
      #expect(counts["succeeded"] == accepted.count && counts["ready"] == 0)
    }
  }

  @Test("an engine starts on a full disk and serves what it can", .enabled(if: canMount))
  func startsFull() async throws {
    try await onSmallDisk(mebibytes: 40) { test, disk in
      let engine = test.engine
      try test.installPad()
      try test.start()
      let ids = try test.submit(10)
      #expect(try test.outcomes(ids) == ["succeeded"])
      let workers = try engine.workers()
      engine.killServe()
      for worker in workers { worker.signal(SIGKILL) }
      try disk.fill()
      try engine.start()
      #expect(try test.command("jobs", "show", "\(ids[0])").exitCode == 0)
      disk.free()
      // A plug-in that could not be copied says that it wants to be touched.
      try test.installPad()
      #expect(try test.eventually { (try? test.submit(1)) != nil })
    }
  }

  @Test("too little space for the copy is said before a migration begins", .enabled(if: canMount))
  func noSpaceForTheCopy() async throws {
    try await onSmallDisk(mebibytes: 1) { test, _ in
      let engine = test.engine
      let golden = PackageRoot.path + "/Tests/Golden/stores/schema-1.db"
      try FileManager.default.copyItem(atPath: golden, toPath: engine.folder + "/bulkhead.db")
      let run = try test.refusedServe()
      #expect(run.exitCode == 7 && run.errors.contains("free some space first"), "\(run.errors)")
      #expect(run.errors.contains("a copy of \(engine.folder)/bulkhead.db needs"), "\(run.errors)")
    }
  }

  @Test("a read-only file system is named, with what to do", .enabled(if: canMount))
  func readOnly() async throws {
    try await onSmallDisk(mebibytes: 40) { test, disk in
      let engine = test.engine
      try test.installPad()
      try test.start()
      engine.killServe(SIGTERM)
      #expect(try test.eventually { disk.makeReadOnly() })
      let run = try test.refusedServe()
      #expect(run.exitCode == 7 && run.errors.contains("Read-only file system"), "\(run.errors)")
      #expect(run.errors.contains("check that"), "\(run.errors)")
    }
  }

  @Test(
    "a file that another program holds: asked again when it is free, all is well",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3")))
  func held() async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      let ids = try test.submit(3, milliseconds: 500)
      let other = try HeldLock(engine.folder + "/bulkhead.db")
      let refused = try test.command("submit", "pad:hold")
      #expect(
        refused.exitCode == 7 && refused.errors.contains("is held by another program"), "\(refused.errors)")
      #expect(refused.errors.contains("only `bulkhead serve` may open the file"), "\(refused.errors)")
      other.free()
      let done = try test.command("submit", "pad:hold", "--wait")
      #expect(done.exitCode == 0, "\(done.errors)")
      #expect(try test.outcomes(ids) == ["succeeded"])
    }
  }

  /// Another program in the middle of a write to the file.
  private struct HeldLock {
    private let process = Process()
    private let input = Pipe()

    init(_ path: String) throws {
      let output = Pipe()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
      process.arguments = ["-batch", path]
      process.standardInput = input
      process.standardOutput = output
      try process.run()
      try input.fileHandleForWriting.write(
        contentsOf: Data(".timeout 5000\nbegin immediate;\nselect 'held';\n".utf8))
      let said = output.fileHandleForReading.availableData
      guard said.starts(with: Data("held".utf8)) else { throw RunningEngine.Failure("cannot hold \(path)") }
    }

    func free() {
      try? input.fileHandleForWriting.close()
      process.waitUntilExit()
    }
  }
}
