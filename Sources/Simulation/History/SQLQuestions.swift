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

/// What must hold between the tables after every commit: each statement gives 0.
enum TableRules {
  static let all: [(rule: String, sql: String)] = [
    (
      "a ready job is queued, and no other",
      """
      select (select count(*) from job_live l left join job_ready r on r.job = l.job and r.kind = l.kind
              where (l.state = 1) <> (r.job is not null))
           + (select count(*) from job_ready r where r.job not in (select job from job_live))
      """
    ),
    (
      "a held job is on its node's list, and no other",
      """
      select (select count(*) from job_live l left join job_active a on a.job = l.job and a.node = l.node
              where (l.state in (2, 3, 4, 5)) <> (a.job is not null))
           + (select count(*) from job_active a where a.job not in (select job from job_live))
      """
    ),
    (
      "a job that was asked to stop is called, and no other",
      """
      select (select count(*) from job_live l left join job_cancel c on c.job = l.job and c.node = l.node
              where (l.state = 4 and l.cancel_requested = 1) <> (c.job is not null))
           + (select count(*) from job_cancel c where c.job not in (select job from job_live))
      """
    ),
    (
      "a job is live or done",
      """
      select count(*) from job_spec s
      where (s.job in (select job from job_live)) = (s.job in (select job from job_done))
      """
    ),
    (
      "events are numbered without a gap",
      """
      select count(*) from (select job, count(*) as n, max(number) as last from job_event group by job)
      where n <> last
      """
    ),
    (
      "a live job knows how many events it has",
      """
      select count(*) from job_live l
      where l.events <> (select count(*) from job_event e where e.job = l.job)
      """
    ),
    (
      "the counters say what a count would",
      """
      select count(*) from job_count c where c.jobs <>
        (select count(*) from job_live where state = c.status)
        + (select count(*) from job_done where outcome = c.status - 100)
      """
    ),
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
