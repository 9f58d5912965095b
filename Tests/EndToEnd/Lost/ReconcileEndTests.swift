import DataModel
import JobEngine
import Storage
import TestSupport
import Testing

@Suite("Lost jobs, asked for and decided about") struct ReconcileEndTests {
  @Test("all parcels are there: the lost job has succeeded")
  func done() async throws {
    try await OrderEngine.run { orders in
      let id = try orders.submit("order.once", lingerMilliseconds: 600_000)
      try orders.waitForParcels(1)
      try orders.killWorker()
      let (row, end) = try orders.ended(id)
      #expect(end.outcome == .succeeded && row.reason == .reconciled && row.attempt == 1)
      #expect(end.result?.contains("\"sent\":1") == true)
    }
  }

  @Test("some are: it has failed, and says how far it came")
  func failed() async throws {
    try await OrderEngine.run { orders in
      let id = try orders.submit("order.once", items: 3, lingerMilliseconds: 600_000)
      try orders.waitForParcels(1)
      try orders.killWorker()
      let (_, end) = try orders.ended(id)
      #expect(end.outcome == .failed && end.message == "1 of 3 parcels were sent")
      #expect(try orders.labels().count == 1)
    }
  }

  @Test("none is: it is run again under a new fence, although it repeats never")
  func notStarted() async throws {
    try await OrderEngine.run(fault: "step.before_do:1=kill") { orders in
      let id = try orders.submit("order.once", items: 2)
      let (row, end) = try orders.ended(id)
      #expect(end.outcome == .succeeded && row.attempt == 2)
      let reasons = try orders.reasons(id)
      #expect(reasons.filter { $0 == .workerEnded || $0 == .reconciled } == [.workerEnded, .reconciled])
      #expect(try orders.labels().count == 2)
    }
  }

  /// `count` jobs whose interrupted step cannot be looked for.
  private func blindJobs(_ orders: OrderEngine, _ count: Int) throws -> [JobID] {
    let ids = try (0..<count).map { _ in try orders.submit("order.blind", lingerMilliseconds: 600_000) }
    try orders.waitForParcels(count)
    try orders.killWorker()
    for id in ids { _ = try orders.lost(id) }
    return ids
  }

  @Test("people decide: each verdict, its event, its audit")
  func resolve() async throws {
    try await OrderEngine.run { orders in
      let ids = try blindJobs(orders, 4)
      let why = try orders.command("jobs", "why", "\(ids[0])")
      #expect(why.output.contains("send-1") && why.output.contains("jobs resolve \(ids[0]) --as"))
      #expect(why.output.contains("no active plug-in has a reconcile entry"))
      let shown = try JSONValue(parsing: orders.command("jobs", "show", "\(ids[0])", "--json").output)
      #expect(shown["steps"]?.arrayValue?.first?["state"]?.stringValue == "begun")
      #expect(shown["steps"]?.arrayValue?.first?["token"]?.stringValue?.hasPrefix("bh-\(ids[0])-") == true)
      #expect(shown["lost"]?["run_ended"]?.boolValue == true)

      let succeeded = try orders.command(
        "jobs", "resolve", "\(ids[0])", "--as", "succeeded", "--result", #"{"sent": 1}"#, "--json")
      #expect(succeeded.exitCode == 0 && succeeded.output.contains("\"as\":\"succeeded\""))
      #expect(try orders.ended(ids[0]).1.result == #"{"sent": 1}"#)
      let failed = try orders.command(
        "jobs", "resolve", "\(ids[1])", "--as", "failed", "--reason", "I looked")
      #expect(failed.exitCode == 0)
      #expect(try orders.ended(ids[1]).1.message == "I looked")
      #expect(try orders.command("jobs", "resolve", "\(ids[2])", "--as", "cancelled").exitCode == 0)
      #expect(try orders.ended(ids[2]).1.outcome == .cancelled)
      // Run again, it comes to the same step, and cannot look for it this time either.
      let rerun = try orders.command("jobs", "resolve", "\(ids[3])", "--as", "rerun")
      #expect(rerun.exitCode == 0)
      try orders.wait(ids[3]) { $0.status == .live(.lost) && $0.attempt == 3 }
      #expect(try orders.labels().count == 4)

      let audit = try orders.command("audit", "list")
      #expect(audit.exitCode == 0 && audit.output.split(separator: "\n").count == 5)
      #expect(audit.output.contains("as failed: I looked") && audit.output.contains("uid "))
      let page = try JSONValue(parsing: orders.command("audit", "list", "--limit", "1", "--json").output)
      #expect(page["audit"]?.arrayValue?.first?["subject"]?.stringValue == "job \(ids[3])")
      #expect(page["next_before"]?.integerValue == 4)
    }
  }

  @Test("what cannot be decided is refused with its exit code, and changes nothing")
  func refused() async throws {
    try await OrderEngine.run { orders in
      let lost = try blindJobs(orders, 1)[0]
      let done = try orders.submit("order.place")
      _ = try orders.ended(done)
      func expect(_ status: Int32, _ text: String, _ arguments: String...) throws {
        let run = try CommandRun(arguments + ["--store", orders.engine.storeArgument])
        #expect(
          run.exitCode == status && run.errors.contains(text), "\(arguments): \(run.exitCode) \(run.errors)")
      }
      try expect(7, "is succeeded, not lost", "jobs", "resolve", "\(done)", "--as", "failed")
      try expect(6, "there is no job 999", "jobs", "resolve", "999", "--as", "failed")
      try expect(64, "is no verdict", "jobs", "resolve", "\(lost)", "--as", "lost")
      try expect(64, "--as", "jobs", "resolve", "\(lost)")
      try expect(
        64, "--result goes with", "jobs", "resolve", "\(lost)", "--as", "failed", "--result", "{}")
      try expect(
        64, "one JSON object", "jobs", "resolve", "\(lost)", "--as", "succeeded", "--result", "[1]")
      try expect(64, "is not JSON", "jobs", "resolve", "\(lost)", "--as", "succeeded", "--result", "{")
      try expect(64, "rerun only", "jobs", "resolve", "\(lost)", "--as", "failed", "--old-run-ended")
      try expect(7, "no active plug-in has a reconcile entry", "jobs", "reconcile", "\(lost)")
      try expect(7, "is succeeded, not lost", "jobs", "reconcile", "\(done)")
      try expect(6, "there is no job 999", "jobs", "reconcile", "999")
      try expect(64, "--limit has to be", "audit", "list", "--limit", "0")
      try expect(6, "is a reconcile entry", "submit", "orders:order.look")
      #expect(try orders.command("audit", "list").output == "nothing was changed by hand\n")
      #expect(try orders.engine.client().job(lost).status == .live(.lost))
    }
  }
}
