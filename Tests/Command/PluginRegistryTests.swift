import DataModel
import PluginHost
import Storage
import TestSupport
import Testing
import Threading

@testable import bulkhead

/// A store whose disk is full.
private final class FullStore: Store {
  let asked = Bell()

  func perform<V: StoreVerb>(_ verb: V) throws(StoreError) -> V.Reply {
    asked.ring()
    throw StoreError(.database, "the disk is full")
  }

  func observe(
    _ interest: StoreInterest, _ handler: @escaping @Sendable (StoreSignal) -> Void
  ) throws(StoreError) -> StoreObservation { StoreObservation {} }
}

@Suite("The list of plug-ins as serve keeps it")
struct PluginRegistryTests {
  @Test("what the store does not take is tried on, until the engine ends: then nothing waits for it")
  func ends() async throws {
    try await onThread {
      let store = FullStore()
      let configuration = EngineConfiguration(location: try StoreLocation("sqlite:/tmp/x.db"))
      let registry = PluginRegistry(store: store, placement: Placement(configuration))
      let taking = OSThread("taking") { registry.take([.removed(file: "a.so")]) }
      for _ in 0..<2 { #expect(store.asked.wait(milliseconds: 10_000)) }
      registry.stop()
      #expect(taking.join(milliseconds: 10_000))
    }
  }
}
