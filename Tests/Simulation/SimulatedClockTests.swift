import Simulation
import Testing

@Suite("The simulation's clock")
struct SimulatedClockTests {
  @Test("it stands still until it is moved, and can be moved back")
  func moves() {
    let clock = SimulatedClock(start: 1000)
    #expect(clock.now == 1000)
    clock.pass(500)
    clock.pass(-700)
    #expect(clock.now == 800)
  }
}
