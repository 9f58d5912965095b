import Foundation
import TestSupport

/// What abidiff says of two versions of the ABI, as one block of lines a type.
///
/// Its own suppressions are not used for "append only": in abigail 2.2 `has_data_member_inserted_at = end` also hides
/// changes in which nothing is inserted, such as two members that change places.
struct ABIReport {
  private(set) var blocks: [[String]] = []

  init(_ text: String) {
    for line in text.split(separator: "\n").map(String.init) where !line.contains(" summary:") {
      if line.hasPrefix(" "), !blocks.isEmpty {
        blocks[blocks.count - 1].append(line)
      } else {
        blocks.append([line])
      }
    }
  }

  /// Compares a baseline with what today's headers give. `surface` names the types.
  init(baseline: String, surface: String, headers: String) throws {
    let scratch = try Scratch()
    let build = try scratch.run(["cc", "-g", "-shared", "-fPIC", "-I", headers, surface, "-o", "now.so"])
    guard build.status == 0 else {
      self.init("the surface of the level does not compile any more:\n" + build.output)
      return
    }
    let run = try scratch.run([
      "abidiff", "--no-added-syms", "--harmless", "--leaf-changes-only", "--no-show-locs", baseline, "now.so",
    ])
    guard run.status & 3 == 0 else {
      throw ToolFailure("abidiff failed, install it with scripts/install-deps.sh test:\n\(run.output)")
    }
    self.init(run.output)
  }

  /// The blocks that are more than members at the end of a struct that may grow.
  func breaches(growing: [String]) -> [[String]] {
    blocks.filter { !Self.isAppend($0, growing: growing) }
  }

  private static func isAppend(_ block: [String], growing: [String]) -> Bool {
    guard let head = block.first?.wholeMatch(of: /'struct (\w+)' changed:/) else { return false }
    let name = String(head.1)
    guard growing.contains(where: { $0.hasPrefix("*") ? name.hasSuffix($0.dropFirst()) : name == $0 }),
      block.count > 3,
      let size = block[1].wholeMatch(of: /\ \ type size changed from (\d+) to \d+ \(in bits\)/),
      let oldSize = Int(size.1), block[2].wholeMatch(of: /\ \ \d+ data member insertions?:/) != nil
    else { return false }
    return block.dropFirst(3).allSatisfy { line in
      guard let added = line.wholeMatch(of: /\ +'.*', at offset (\d+) \(in bits\)/) else { return false }
      return Int(added.1).map { $0 >= oldSize } ?? false
    }
  }
}

/// What is written down of one level, and the differences to it that were accepted.
struct ABIBaseline {
  let level: Int
  let folder: String

  static let root = Sample.root + "/Tests/Golden/abi"

  static let all: [ABIBaseline] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("level-"), let level = Int(name.dropFirst(6)) else { return nil }
      return ABIBaseline(level: level, folder: root + "/" + name)
    }.sorted { $0.level < $1.level }
  }()

  static func growing() throws -> [String] {
    try text("growing.txt").split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
  }

  struct Acceptance {
    let level: Int
    let reason: String
    let block: [String]
  }

  /// The blocks of an acceptance file.
  static func accepted(_ text: String) throws -> [Acceptance] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("#") }
    return try lines.split(whereSeparator: \.isEmpty).map { block in
      let lines = block.map(String.init)
      guard lines.count > 2, lines[0].hasPrefix("level: "), let level = Int(lines[0].dropFirst(7)),
        lines[1].hasPrefix("reason: "), lines[1].count > 20
      else {
        throw ToolFailure("accepted.txt: a block begins with its level and a reason:\n" + lines.joined())
      }
      return Acceptance(level: level, reason: String(lines[1].dropFirst(8)), block: Array(lines.dropFirst(2)))
    }
  }

  static func text(_ name: String) throws -> String {
    try String(contentsOfFile: root + "/" + name, encoding: .utf8)
  }

  func report(headers: String = Sample.headers) throws -> ABIReport {
    try ABIReport(baseline: folder + "/level.abi", surface: folder + "/surface.c", headers: headers)
  }

  /// Names of the structs that are promised.
  func structs() throws -> Set<String> {
    let text = try String(contentsOfFile: folder + "/surface.c", encoding: .utf8)
    return Set(text.matches(of: /struct (bh_\w+)/).map { String($0.1) })
  }
}
