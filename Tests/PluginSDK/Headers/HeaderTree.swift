import Foundation
import TestSupport

/// The ABI headers as the compiler sees them: clang's syntax tree of `all.h`, without function bodies.
struct HeaderTree {
  /// A function, a function pointer in a table, or a function type.
  struct Callable {
    /// `bh_sleep`, `bh_wait_table.sleep`, `bh_action_fn`.
    let name: String
    let type: String
    /// Its doc comment in one line, nil when it has none.
    let comment: String?
  }

  struct Member {
    let name: String
    let type: String
  }

  struct Record {
    let name: String
    let members: [Member]
  }

  /// Structs in the order of the headers.
  private(set) var records: [Record] = []
  private(set) var callables: [Callable] = []
  /// Names of inline functions, wherever they come from.
  private(set) var inlineFunctions: [String] = []

  init() throws {
    let scratch = try Scratch()
    let source = try scratch.write("all.c", "#include <bulkhead/all.h>\n")
    let run = try ToolRun([
      "clang", "-std=c11", "-I", Sample.headers, "-fsyntax-only", "-Xclang", "-skip-function-bodies",
      "-Xclang",
      "-ast-dump=json", source,
    ])
    guard run.status == 0 else { throw ToolFailure("clang cannot read the headers:\n\(run.output)") }
    let root = try JSONDecoder().decode(Node.self, from: Data(run.output.utf8))
    for node in root.inner ?? [] { add(node) }
  }

  private mutating func add(_ node: Node) {
    guard let name = node.name else { return }
    if node.kind == "FunctionDecl", node.isInline == true { inlineFunctions.append(name) }
    guard name.hasPrefix("bh_") else { return }
    switch node.kind {
    case "FunctionDecl": callables.append(Callable(name, node))
    case "TypedefDecl" where node.type?.isFunctionPointer == true: callables.append(Callable(name, node))
    case "RecordDecl" where node.completeDefinition == true: add(record: name, node.inner ?? [])
    default: break
    }
  }

  private mutating func add(record name: String, _ nodes: [Node]) {
    let fields = nodes.filter { $0.kind == "FieldDecl" }
    let members = fields.map { Member(name: $0.name ?? "", type: $0.type?.qualType ?? "") }
    records.append(Record(name: name, members: members))
    callables += fields.filter { $0.type?.isFunctionPointer == true }.map {
      Callable("\(name).\($0.name ?? "")", $0)
    }
  }
}

extension HeaderTree.Callable {
  fileprivate init(_ name: String, _ node: Node) {
    self.name = name
    type = node.type?.qualType ?? ""
    comment = node.comment
  }
}

/// One node of clang's tree; only what is used here.
private struct Node: Decodable {
  struct TypeName: Decodable {
    let qualType: String

    /// A function pointer that is spelled out: one of a named type has its comment at the name.
    var isFunctionPointer: Bool { qualType.contains("(*)") }
  }

  let kind: String?
  let name: String?
  let text: String?
  let type: TypeName?
  let completeDefinition: Bool?
  let isInline: Bool?
  let inner: [Node]?

  enum CodingKeys: String, CodingKey {
    case kind, name, text, type, completeDefinition, inner
    case isInline = "inline"
  }

  /// The doc comment with its commands written as `@name`, in one line.
  var comment: String? {
    guard let comment = inner?.first(where: { $0.kind == "FullComment" }) else { return nil }
    return comment.words.joined(separator: " ").split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private var words: [String] {
    switch kind {
    case "TextComment": [text ?? ""]
    case "InlineCommandComment": ["@" + (name ?? "")]
    case "BlockCommandComment": ["@" + (name ?? "")] + (inner ?? []).flatMap(\.words)
    default: (inner ?? []).flatMap(\.words)
    }
  }
}
