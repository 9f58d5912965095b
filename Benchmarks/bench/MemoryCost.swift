import DataModel
import Foundation
import Glibc
import JobEngine
import Storage
import TestSupport

/// What the counting of a job's memory costs: the same loops in a plain program, in this process with the counting off,
/// and in a job; nanoseconds a turn, in turns, so that a busy hour falls on all three.
enum MemoryCost {
  static let runs = 7

  static func run() throws -> [Measurement] {
    let source = Sample.root + "/Benchmarks/memory.cpp"
    let library = try Sample.build(
      "Benchmarks/memory.cpp",
      flags: [
        "-std=c++17", "-I", Sample.cppHeaders,
        "-Wl,--version-script=" + Sample.root + "/Benchmarks/memory.map",
      ], compiler: "g++")
    let program = FileManager.default.temporaryDirectory.path + "/bulkhead-memory-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: program) }
    let build = try ToolRun([
      "g++", "-std=c++17", "-O2", "-DALONE", "-I", Sample.headers, "-I", Sample.cppHeaders, source, "-o",
      program,
    ])
    guard build.status == 0 else { throw ToolFailure(build.output) }
    guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(handle, "memory_work")
    else {
      throw ToolFailure("cannot load \(library)")
    }
    typealias Work = @convention(c) (UnsafeMutablePointer<CChar>, Int) -> Void
    // SAFETY: memory.cpp defines the function with this signature.
    let work = unsafeBitCast(symbol, to: Work.self)
    return try BenchEngine.with { engine in
      try engine.install(library, as: "memory.so")
      try engine.waitForPlugin("memory")
      let client = try engine.client()
      var (plain, off, job) = (Figures(), Figures(), Figures())
      for _ in 0..<runs {
        plain.add(try ToolRun([program]).output)
        var text = [CChar](repeating: 0, count: 400)
        work(&text, text.count)
        off.add(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        let id = try client.submit(Submission(action: "memory:work"))[0]
        let row = try client.watch(id) { _ in true }
        guard case .ended(let end) = row.status, let result = end.result else {
          throw ToolFailure("memory:work gave no result: \(row.status)")
        }
        job.add(result)
      }
      return off.measurements("memory_off_", plain) + job.measurements("memory_job_", plain)
    }
  }

  /// The values of each loop by its name.
  private struct Figures {
    private var values: [String: [Double]] = [:]

    mutating func add(_ json: String) {
      guard case .object(let members)? = try? JSONValue(parsing: json) else { return }
      for (name, value) in members {
        if case .real(let number) = value { values[name, default: []].append(number) }
      }
    }

    func measurements(_ prefix: String, _ baseline: Figures) -> [Measurement] {
      values.sorted { $0.key < $1.key }.map { name, values in
        Measurement(name: prefix + name, unit: "ns", values: values, baseline: baseline.values[name] ?? [])
      }
    }
  }
}
