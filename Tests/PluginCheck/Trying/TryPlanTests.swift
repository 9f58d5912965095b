import Foundation
import PluginCheck
import Testing

@Suite("What a child is told to try")
struct TryPlanTests {
  @Test("a plan comes out of its JSON text as it went in")
  func roundTrip() throws {
    let run = TryRun(parameters: #"{"n":1}"#, cancelAtCheckpoint: 3, failAllocation: 7)
    let plan = TryPlan(file: "/tmp/x.so", action: "sleep", runs: [run, TryRun()])
    #expect(try JSONDecoder().decode(TryPlan.self, from: JSONEncoder().encode(plan)) == plan)
  }
}
