import DataModel

/// Numbers of job kinds, remembered by the one writer. Forgotten whenever something is undone, because a number
/// may have been given in what was undone.
package final class SQLKinds {
  private var ids: [JobKind: Int64] = [:]
  private var last: (kind: JobKind, id: Int64)?

  package init() {}

  func forget() {
    ids.removeAll()
    last = nil
  }

  /// The number of a kind, nil when no job ever had it.
  func find(_ kind: JobKind, in transaction: SQLTransaction) throws(StoreError) -> Int64? {
    if let last, last.kind == kind { return last.id }
    if let id = ids[kind] {
      last = (kind, id)
      return id
    }
    let found = try transaction.connection.number(
      "select id from job_kind where plugin = $1 and action = $2", [.text(kind.plugin), .text(kind.action)])
    if let found {
      ids[kind] = found
      last = (kind, found)
    }
    return found
  }

  /// The number of a kind; a new one gets a new number.
  func number(_ kind: JobKind, in transaction: SQLTransaction) throws(StoreError) -> Int64 {
    if let id = try find(kind, in: transaction) { return id }
    let id = try transaction.next("kind")
    try transaction.connection.run(
      "insert into job_kind (id, plugin, action) values ($1, $2, $3)",
      [.int(id), .text(kind.plugin), .text(kind.action)])
    ids[kind] = id
    last = (kind, id)
    return id
  }
}

extension SQLTransaction {
  /// Takes the next `count` numbers of a counter and answers the first.
  func next(_ counter: String, count: Int = 1) throws(StoreError) -> Int64 {
    let last = try connection.number(
      "update counter set value = value + $1 where name = $2 returning value",
      [.int(Int64(count)), .text(counter)])
    guard let last else { throw StoreError(.database, "the store has lost its counter '\(counter)'") }
    return last - Int64(count) + 1
  }

  func counter(_ name: String) throws(StoreError) -> Int64 {
    try connection.number("select value from counter where name = $1", [.text(name)]) ?? 0
  }
}
