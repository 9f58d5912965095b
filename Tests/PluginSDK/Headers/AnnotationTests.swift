import Foundation
import Testing

/// The tags that stand at the end of each function's comment. The checker tables are made from them, so they
/// are held at one hundred per cent.
struct Tags {
  static let names = ["@thread", "@blocking", "@cancelpoint", "@owner", "@since"]
  static let allowed: [String: Set<String>] = [
    "@thread": ["run", "any of the run", "any", "loader"],
    "@blocking": ["yes", "no"],
    "@cancelpoint": ["yes", "no"],
    "@owner": ["borrowed", "ctx", "host", "plug-in keeps", "plug-in hands back", "none"],
    "@since": ["1"],
  ]

  private(set) var values: [String: String] = [:]
  /// What is wrong, in words.
  private(set) var problems: [String] = []

  init(_ comment: String?) {
    guard let comment else {
      problems = ["has no doc comment"]
      return
    }
    var rest = comment[...]
    for (index, name) in Self.names.enumerated() {
      guard let tag = rest.range(of: name + " ") else {
        problems.append("lacks \(name), or has it in another order")
        continue
      }
      if index == 0, rest[..<tag.lowerBound].isEmpty { problems.append("says nothing before its tags") }
      rest = rest[tag.upperBound...]
      let next = rest.firstIndex(of: "@") ?? rest.endIndex
      let value = rest[..<next].trimming(while: \.isWhitespace)
      values[name] = value
      if Self.allowed[name]?.contains(value) != true { problems.append("\(name) says \"\(value)\"") }
    }
    if values["@blocking"] == "yes", values["@cancelpoint"] != "yes" {
      problems.append("may wait, but is no cancel point")
    }
  }
}

extension Substring {
  fileprivate func trimming(while isDropped: (Character) -> Bool) -> String {
    String(drop(while: isDropped).reversed().drop(while: isDropped).reversed())
  }
}

@Suite("Annotations of the headers")
struct AnnotationTests {
  @Test("every function and function pointer says thread, blocking, cancel point, owner and since")
  func tags() throws {
    let callables = try HeaderTree().callables
    #expect(callables.count > 60, "the headers were not read")
    let failing = callables.flatMap { callable in
      Tags(callable.comment).problems.map { "\(callable.name) \($0)" }
    }
    #expect(failing.isEmpty, "\(failing.joined(separator: "\n"))")
  }

  @Test("every inline function of the headers begins with bh_")
  func names() throws {
    let strangers = try HeaderTree().inlineFunctions.filter { !$0.hasPrefix("bh_") && !$0.hasPrefix("_") }
    #expect(strangers.isEmpty)
  }

  @Test("a missing comment, tag, order and value is found, and a wait that cannot be cancelled")
  func gate() {
    #expect(Tags(nil).problems == ["has no doc comment"])
    #expect(Tags("Does it. @thread run @blocking no @cancelpoint no @owner none @since 1").problems.isEmpty)
    #expect(Tags("@thread run @blocking no @cancelpoint no @owner none @since 1").problems.count == 1)
    #expect(Tags("Does it. @thread run @blocking no @cancelpoint no @owner none").problems.count == 1)
    #expect(
      Tags("Does it. @blocking no @thread run @cancelpoint no @owner none @since 1").problems.count == 1)
    #expect(Tags("Does it. @thread me @blocking no @cancelpoint no @owner none @since 1").problems.count == 1)
    #expect(
      Tags("Does it. @thread run @blocking yes @cancelpoint no @owner none @since 1").problems.count == 1)
  }
}
