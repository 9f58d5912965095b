import Foundation
import TestSupport

/// Swift plug-ins for tests, built as the samples' Makefile builds them, but without optimisation.
enum SwiftPlugin {
  /// The sample: id `dns-zone`.
  static let sample = Result { try built("dns-zone") }
  /// The fixture: id `swift-probe`, against the host's own Swift runtime.
  static let probe = Result { try link("swift-probe") }
  /// The same with a Swift runtime of its own.
  static let staticProbe = Result { try link("swift-probe", ["-static-stdlib"]) }

  static let folder = Sample.root + "/.build/samples/wrappers"
  static let fixture = Sample.root + "/Tests/Wrappers/Fixtures/SwiftProbe"

  private static func built(_ name: String) throws -> String {
    try make(folder + "/\(name).so")
    return folder + "/\(name).so"
  }

  /// Runs the samples' Makefile, one process at a time.
  @discardableResult
  static func make(_ words: String...) throws -> String {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return try done(
      [
        "flock", folder + "/lock", "make", "-C", Sample.root + "/SamplePlugins", "OUT=" + folder,
        "SWIFTFLAGS=-Onone",
      ]
        + words)
  }

  private static func link(_ name: String, _ flags: [String] = []) throws -> String {
    try make(folder + "/swift/BulkheadPlugin.o")
    let product = folder + "/" + name + flags.joined() + ".so"
    try done([
      "cc", "-fPIC", "-I", Sample.headers, "-c", fixture + "/manifest.c", "-o", product + ".manifest.o",
    ])
    try done(
      line + flags + [
        "-parse-as-library", "-module-name", "swift_probe", "-emit-library", "-use-ld=lld", "-Xlinker",
        "--version-script=" + Sample.root + "/PluginSDK/swift/exports.map", fixture + "/Probe.swift",
        folder + "/swift/BulkheadPlugin.o", product + ".manifest.o", "-o", product,
      ])
    return product
  }

  /// The program that makes the probe's manifest.
  static func manifestProgram() throws -> String {
    try make(folder + "/swift/BulkheadPlugin.o")
    let program = folder + "/swift-probe-manifest"
    try done(
      line + [
        "-module-name", "manifest_tool", fixture + "/Probe.swift", fixture + "/main.swift",
        folder + "/swift/BulkheadPlugin.o", "-o", program,
      ])
    return program
  }

  private static let line = [
    "swiftc", "-swift-version", "6", "-Onone", "-wmo", "-I", Sample.headers, "-I", folder + "/swift",
  ]

  @discardableResult
  private static func done(_ arguments: [String]) throws -> String {
    let run = try ToolRun(arguments)
    guard run.status == 0 else { throw ToolFailure("\(arguments.joined(separator: " "))\n\(run.output)") }
    return run.output
  }
}
