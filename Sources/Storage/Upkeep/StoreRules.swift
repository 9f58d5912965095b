/// What must hold between the tables after every transaction. Each rule is a count of the rows that break it.
package enum StoreRules {
  package static let all: [(rule: String, sql: String)] = [
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
      "a lost job is on the list of lost jobs, and no other",
      """
      select (select count(*) from job_live l left join job_lost o on o.job = l.job and o.kind = l.kind
              where (l.state = 6) <> (o.job is not null))
           + (select count(*) from job_lost o where o.job not in (select job from job_live))
           + (select count(*) from job_lost o where (o.due_at is null) <> (o.node is not null))
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
      "whatever is told of a job, the job is there",
      """
      select (select count(*) from job_live where job not in (select job from job_spec))
           + (select count(*) from job_done where job not in (select job from job_spec))
           + (select count(*) from job_event where job not in (select job from job_spec))
           + (select count(*) from job_log where job not in (select job from job_spec))
           + (select count(*) from job_progress where job not in (select job from job_spec))
           + (select count(*) from job_step where job not in (select job from job_spec))
      """
    ),
    (
      "events are numbered without a gap",
      """
      select count(*) from (select job, count(*) as n, max(number) as last from job_event group by job) as e
      where n <> last
      """
    ),
    (
      "no event comes before the one that it follows",
      """
      select count(*) from job_event e join job_event f on f.job = e.job and f.number = e.number + 1
      where f.at < e.at
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
      "no number of a job is given twice",
      "select count(*) from job_spec where job > (select value from counter where name = 'job')"
    ),
  ]

  /// One sentence for each rule that is broken; none for a store in order.
  static func broken(_ connection: any SQLConnection) throws(StoreError) -> [String] {
    var problems: [String] = []
    for (rule, sql) in all {
      let rows = try connection.number(sql, []) ?? 0
      if rows != 0 { problems.append("\(rule): \(rows) do not hold to it") }
    }
    return problems
  }
}
