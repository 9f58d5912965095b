import Foundation
import Testing

/// One text file of the repository, with its path from the root.
struct SourceFile: Sendable {
  let path: String
  let text: String
  /// Without line ends; line n is `lines[n - 1]`.
  let lines: [String]

  init(_ path: String, _ text: String) {
    self.path = path
    self.text = text
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    self.lines = lines
  }

  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
  var isSwift: Bool { path.hasSuffix(".swift") }
  var isC: Bool { [".c", ".h", ".cc", ".cpp"].contains { path.hasSuffix($0) } }
  var isMarkdown: Bool { path.hasSuffix(".md") }

  func isUnder(_ folders: String...) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }
}

extension SourceFile: CustomTestStringConvertible {
  /// Failures name files; they never print them.
  var testDescription: String { path }
}

/// One breach of a rule: where it is and what to do about it.
struct Offence: Hashable, Comparable, Sendable, CustomStringConvertible {
  let path: String
  /// 1 is the first; 0 means the file or folder as a whole.
  let line: Int
  let cure: String

  init(_ path: String, _ line: Int, _ cure: String) {
    self.path = path
    self.line = line
    self.cure = cure
  }

  var description: String { line == 0 ? "\(path): \(cure)" : "\(path):\(line): \(cure)" }

  static func < (left: Offence, right: Offence) -> Bool {
    (left.path, left.line, left.cure) < (right.path, right.line, right.cure)
  }
}

/// The files that this repository consists of: what git tracks or would track.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Every text file. Files that are not UTF-8 are left out.
  static let files: [SourceFile] = paths.compactMap { path in
    guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else { return nil }
    return SourceFile(path, text)
  }

  /// Every path that git tracks, and new ones that it does not ignore.
  static let paths: [String] = {
    let git = Process()
    let output = Pipe()
    git.executableURL = URL(filePath: "/usr/bin/env")
    git.arguments = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    git.currentDirectoryURL = root
    git.standardOutput = output
    guard (try? git.run()) != nil else { return [] }
    let names = output.fileHandleForReading.readDataToEndOfFile()
    git.waitUntilExit()
    return names.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      .filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }.sorted()
  }()
}

/// Fails the test once, with every offence on a line of its own.
func expectNone(_ offences: [Offence], sourceLocation: SourceLocation = #_sourceLocation) {
  guard !offences.isEmpty else { return }
  let list = offences.sorted().map { "  \($0)" }.joined(separator: "\n")
  Issue.record("\(offences.count) offence(s):\n\(list)", sourceLocation: sourceLocation)
}

@Suite("The files of the repository")
struct RepositoryTests {
  @Test("git names them: without its list no rule would find anything")
  func found() {
    let paths = Repository.paths
    #expect(paths.contains("Package.swift"), "`git ls-files` does not work in \(Repository.root.path)")
    let sources = paths.filter { $0.hasPrefix("Sources/") && $0.hasSuffix(".swift") }
    #expect(sources.count > 50)
    #expect(Repository.files.count > sources.count)
  }
}
