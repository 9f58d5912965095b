import DataModel
import JobEngine
import Storage
import TestSupport
import Testing

/// The worker dies at every bad moment of a step, and the outside world says what was really done.
@Suite("Steps over the death of a worker") struct StepKillTests {
  @Test(
    "wherever the worker dies, each parcel is sent once and the job succeeds",
    arguments: [
      "run.before_entry:1", "step.before_do:1", "step.before_do:2", "step.after_do:1", "step.after_do:3",
      "step.after_record:1", "step.after_record:2", "step.after_record:3", "run.before_finish:1",
    ])
  func points(_ point: String) async throws {
    try await OrderEngine.run(fault: point + "=kill") { orders in
      let id = try orders.submit("order.place", items: 3)
      let (row, end) = try orders.ended(id)
      #expect(end.outcome == .succeeded && row.attempt == 2, "\(end.message)")
      #expect(try orders.reasons(id).contains(.workerEnded))
      let labels = try orders.labels()
      let steps = try orders.engine.client().steps(id)
      #expect(steps.map(\.name) == ["send-1", "send-2", "send-3"])
      #expect(steps.allSatisfy { $0.result?.hasPrefix("parcel-") == true })
      #expect(labels == steps.map(\.token).sorted(), "each label once")
      #expect(end.result?.contains(steps[2].result ?? "?") == true)
    }
  }

  @Test("a parcel that was on its way is found, not sent again")
  func inside() async throws {
    try await OrderEngine.run { orders in
      let id = try orders.submit("order.place", lingerMilliseconds: 600_000)
      try orders.waitForParcels(1)
      try orders.killWorker()
      let (row, end) = try orders.ended(id)
      #expect(end.outcome == .succeeded && row.attempt == 2)
      #expect(try orders.labels().count == 1)
    }
  }

  @Test("a result waits for an engine that is away")
  func engineAway() async throws {
    try await OrderEngine.run { orders in
      let id = try orders.submit("order.place", items: 2, lingerMilliseconds: 300)
      try orders.waitForParcels(1)
      orders.engine.killServe()
      try orders.engine.start()
      let (row, end) = try orders.ended(id)
      #expect(end.outcome == .succeeded && row.attempt == 1, "\(end.message)")
      #expect(try orders.labels() == orders.engine.client().steps(id).map(\.token).sorted())
    }
  }

  @Test("a cancel while a parcel is on its way: it is recorded, and nothing more is sent")
  func cancelled() async throws {
    try await OrderEngine.run { orders in
      let id = try orders.submit("order.place", items: 5, lingerMilliseconds: 600_000)
      try orders.waitForParcels(1)
      #expect(try orders.engine.client().cancel(id) == .cancelling)
      let (_, end) = try orders.ended(id)
      #expect(end.outcome == .cancelled)
      #expect(try orders.labels().count == 1)
      let steps = try orders.engine.client().steps(id)
      #expect(steps.count == 1 && steps[0].result?.hasPrefix("parcel-") == true)
    }
  }

  @Test("a step that cannot be told makes the job lost; its entry is asked until it knows")
  func unknown() async throws {
    try await OrderEngine.run { orders in
      let id = try orders.submit("order.place", lingerMilliseconds: 600_000)
      try orders.waitForParcels(1)
      try orders.move(away: true)
      try orders.killWorker()
      let row = try orders.lost(id)
      #expect(try row.attempt == 2 && orders.reasons(id).contains(.stepUnknown))
      let event = try orders.engine.client().events(id).first { $0.reason == .stepUnknown }
      #expect(event?.detail.contains("send-1") == true && event?.detail.contains("cannot look into") == true)
      try orders.wait(id) { _ in try orders.engine.client().lost(id)?.tries ?? 0 > 0 }
      let lost = try #require(try orders.engine.client().lost(id))
      #expect(lost.answer.hasPrefix("unknown: cannot look into") && lost.runEnded)
      try orders.move(away: false)
      // Refused when it was its turn meanwhile, and the answer is there.
      _ = try? orders.engine.client().reconcile(id)
      let (_, end) = try orders.ended(id)
      #expect(end.outcome == .succeeded && end.result?.contains("parcel-") == true)
      #expect(try orders.labels().count == 1)
      #expect(
        try orders.engine.client().logLines(id, after: 0, limit: 1000).contains {
          $0.text == "found 1 of 1 parcels"
        })
    }
  }
}
