import Foundation
import Glibc
import Storage
import TestSupport
import Testing

/// Verbs that write files of their user's: a signal finds all of them there, or nothing.
@Suite("End to end: signals while files are written", .timeLimit(.minutes(5)))
struct FileVerbSignalTests {
  private static let signals = [SIGTERM, SIGINT, SIGHUP]

  private static func names(_ folder: String) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder))
  }

  @Test("a key pair is there whole or not at all, and so is a signature")
  func trust() async throws {
    try await onThread {
      let folder = try TestStore.makeFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      let so = folder + "/w.so"
      try FileManager.default.copyItem(atPath: Sample.witness(), toPath: so)
      try #require(try CommandRun(["plugin", "keys", "generate", "own", "--output", folder]).exitCode == 0)
      let before = try Self.names(folder)
      for number in 0..<12 {
        for signal in Self.signals {
          let verbs = [
            (["plugin", "keys", "generate", "k", "--output", folder], Set(["k.key", "k.pub"])),
            (["plugin", "sign", so, "--key", folder + "/own.key"], ["w.so.sig"]),
          ]
          for (words, files) in verbs {
            let command = try StartedCommand(words)
            // Later each time, so that one comes while it writes.
            for _ in 0..<(number * 400) { sched_yield() }
            command.signal(signal)
            let end = command.end()
            #expect(end == 0 || end == signal, "\(words): \(String(describing: end)) \(command.text)")
            let made = try Self.names(folder).subtracting(before)
            #expect(made.isEmpty && end != 0 || made == files, "\(words): \(made)")
            for name in made { try FileManager.default.removeItem(atPath: folder + "/" + name) }
          }
        }
      }
    }
  }

  @Test("half a pair is taken back when the other half cannot be written")
  func halfPair() async throws {
    try await onThread {
      let folder = try TestStore.makeFolder()
      defer { try? FileManager.default.removeItem(atPath: folder) }
      // Something that a look at the file does not find.
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/k.pub", withDestinationPath: folder + "/nowhere")
      let run = try CommandRun(["plugin", "keys", "generate", "k", "--output", folder])
      #expect(run.exitCode == 7 && run.errors.contains("k.pub"), "\(run)")
      #expect(try Self.names(folder) == ["k.pub"])
    }
  }

  @Test("a copy that is broken off leaves nothing behind, with an engine and without one")
  func backup() async throws {
    try await StoreEngine.run { test in
      let engine = test.engine
      _ = try test.outcomes(test.submit(200, text: 20_000))
      for isServed in [true, false] {
        if !isServed { engine.killServe(SIGTERM) }
        for signal in Self.signals {
          let copy = engine.folder + "/copy-\(isServed)-\(signal).db"
          let command = try StartedCommand(
            ["store", "backup", copy, "--store", engine.storeArgument],
            environment: isServed ? [:] : ["BULKHEAD_FAULT": "copy.written=stop"])
          if !isServed {
            #expect(try test.eventually { command.isStopped })
            #expect(FileManager.default.fileExists(atPath: copy + ".new"))
            command.signal(signal)
            command.signal(SIGCONT)
            let end = command.end()
            #expect(end == 128 + signal || end == 0, "\(String(describing: end)) \(command.text)")
          } else {
            command.signal(signal)
            _ = command.end()
          }
          #expect(try test.eventually { !FileManager.default.fileExists(atPath: copy + ".new") })
        }
      }
      #expect(try test.command("store", "check").exitCode == 0)
    }
  }
}
