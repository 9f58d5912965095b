import Foundation
import JobEngine
import Storage
import TestSupport

/// A real engine with the benchmark plug-ins, for one group of measurements.
enum BenchEngine {
  static func with<R>(_ body: (RunningEngine) throws -> R) throws -> R {
    let engine = try RunningEngine()
    defer { engine.end() }
    try engine.install(Sample.build("SamplePlugins/noop/noop.c", flags: ["-O2"]), as: "bench.so")
    try engine.install(Sample.build("Benchmarks/stamp.c", flags: ["-O2"]), as: "stamp.so")
    try engine.start()
    try engine.waitForPlugin("bench")
    try engine.waitForPlugin("stamp")
    return try body(engine)
  }
}
