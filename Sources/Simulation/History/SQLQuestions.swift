import DataModel
import Storage

/// One number that a statement gives: how the simulator looks at the tables themselves. Never crosses a socket.
struct SQLNumber: StoreVerb {
  static let access = StoreAccess.read
  static let code: UInt16 = 0xFE01
  let sql: String

  init(_ sql: String) { self.sql = sql }

  func run(in transaction: SQLTransaction) throws(StoreError) -> Int64 {
    try transaction.connection.number(sql, []) ?? 0
  }
}

/// Changes the tables behind the engine's back: for mutants.
struct SQLChange: StoreVerb {
  static let access = StoreAccess.write
  static let code: UInt16 = 0xFE02
  let statements: [String]

  init(_ statements: [String]) { self.statements = statements }

  func run(in transaction: SQLTransaction) throws(StoreError) -> Int64 {
    for statement in statements { try transaction.connection.run(statement, []) }
    return 0
  }
}

extension SQLNumber {
  typealias Reply = Int64
  func encode(to writer: inout WireWriter) { writer.put(sql) }
  init(from reader: inout WireReader) throws(StoreError) { self.init(try reader.string()) }
}

extension SQLChange {
  typealias Reply = Int64
  func encode(to writer: inout WireWriter) { writer.put(statements) }
  init(from reader: inout WireReader) throws(StoreError) { self.init(try reader.value()) }
}

/// What must hold between the tables when a world has come to rest: each statement gives 0. Beside the rules of every
/// store those that hold where nothing is pruned.
enum TableRules {
  static let all: [(rule: String, sql: String)] =
    StoreRules.all + [
      (
        "a job is in a batch, and in one only",
        "select (select count(*) from job_spec) - (select coalesce(sum(jobs), 0) from submit_batch)"
      ),
      (
        "an ended node holds nothing",
        "select count(*) from job_active a join node n on n.id = a.node where n.ended_at is not null"
      ),
    ]
}
