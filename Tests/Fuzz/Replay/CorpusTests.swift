import Foundation
import FuzzTargets
import TestSupport
import Testing

@Suite("Readers of bytes from outside: the kept corpus")
struct CorpusTests {
  private static let folder = PackageRoot.path + "/Tests/Fuzz/corpus/"

  @Test("every kept input is read without a crash, and the answers hold", arguments: FuzzTarget.allCases)
  func replay(target: FuzzTarget) async throws {
    try await onThread {
      let folder = Self.folder + target.rawValue
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names.count >= 5, "\(folder) holds too little to say anything")
      for name in names {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
        #expect(throws: Never.self, "\(target) \(name)") { try target.run(bytes) }
      }
    }
  }

  @Test(
    "each input cut short at every place, and with each of its first bytes changed",
    arguments: FuzzTarget.allCases)
  func damaged(target: FuzzTarget) async throws {
    try await onThread {
      let folder = Self.folder + target.rawValue
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      for name in names.prefix(40) {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))).prefix(512)
        for end in bytes.indices {
          var other = Array(bytes)
          other[end] ^= 0xFF
          #expect(throws: Never.self, "\(target) \(name) changed at \(end)") { try target.run(other) }
          #expect(throws: Never.self, "\(target) \(name) cut at \(end)") {
            try target.run(Array(bytes[..<end]))
          }
        }
      }
    }
  }
}
