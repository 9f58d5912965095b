// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target: any warning is an error, imports state their reach.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

/// A library target of ours under `Sources/`.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A test target under `Tests/`. Tests reach the same targets that the command links.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: dependencies + ["TestSupport"], path: "Tests/" + name,
    exclude: exclude, swiftSettings: strict)
}

/// The product.
let sources: [Target] = [
  // C: the ABI headers, and what Swift cannot do.
  .target(
    name: "CBulkheadPlugin", path: "PluginSDK",
    exclude: ["README.md", "ABI.md", "template", "manifest.schema.json", "cpp", "swift"],
    sources: ["include/bulkhead/abi.c"], publicHeadersPath: "include"),
  .target(name: "CPluginRuntime", dependencies: ["CBulkheadPlugin"]),
  .target(name: "CSDKFiles"),
  .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
  .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
  .systemLibrary(name: "CProcess"),

  // Pure core to thin shell, in the direction of imports.
  library("Threading", ["CProcess"]),
  library("DataModel"),
  library("Storage", ["DataModel", "Threading"]),
  library("SQLiteStorage", ["Storage", "DataModel", "CSQLite"]),
  library(
    "PluginHost", ["DataModel", "Threading", "CBulkheadPlugin", "CPluginRuntime", "CCrypto", "CProcess"]),
  library("JobEngine", ["Storage", "PluginHost", "DataModel", "Threading"]),
  library("Supervision", ["DataModel", "Threading", "CProcess"]),
  library(
    "PluginCheck",
    [
      "JobEngine", "Storage", "PluginHost", "DataModel", "Threading", "CBulkheadPlugin", "CPluginRuntime",
      "CProcess",
    ]),
  library("Simulation", ["JobEngine", "Storage", "PluginHost", "DataModel", "Threading"]),
  .executableTarget(
    name: "bulkhead",
    dependencies: [
      "JobEngine", "PluginCheck", "Simulation", "Supervision", "SQLiteStorage", "Storage", "PluginHost",
      "DataModel", "Threading", "CSDKFiles",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
      .product(name: "Yams", package: "Yams"),
    ], swiftSettings: strict),

]

/// What holds it to its promises.
let checks: [Target] = [
  .target(
    name: "TestSupport",
    dependencies: [
      "DataModel", "Storage", "SQLiteStorage", "JobEngine", "Supervision", "Threading", "CProcess",
    ],
    path: "Tests/Support", swiftSettings: strict),
  .target(
    name: "CRawSQLite", dependencies: ["CSQLite"], path: "Benchmarks/RawSQLite",
    publicHeadersPath: "include"),
  .executableTarget(
    name: "bench",
    dependencies: [
      "TestSupport", "JobEngine", "Storage", "DataModel", "Threading", "CRawSQLite", "bulkhead",
    ],
    path: "Benchmarks/bench", swiftSettings: strict),
  tests("DataModel", ["DataModel"]),
  tests("Storage", ["Storage", "SQLiteStorage", "DataModel"]),
  tests(
    "PluginHost", ["bulkhead", "PluginHost", "DataModel", "CBulkheadPlugin", "CPluginRuntime", "Threading"]),
  tests("PluginSDK", ["bulkhead", "DataModel"]),
  tests(
    "JobEngine", ["JobEngine", "Storage", "SQLiteStorage", "PluginHost", "DataModel", "Threading"]),
  tests("Supervision", ["Supervision", "DataModel", "Threading"]),
  tests("Command", ["bulkhead", "JobEngine", "PluginHost", "Supervision", "Storage", "DataModel"]),
  tests("EndToEnd", ["bulkhead", "JobEngine", "Storage", "Supervision", "DataModel", "Threading"]),
  tests(
    "PluginCheck",
    ["bulkhead", "PluginCheck", "PluginHost", "JobEngine", "Storage", "DataModel", "Threading"]),
  tests(
    "Simulation",
    ["bulkhead", "Simulation", "JobEngine", "Storage", "SQLiteStorage", "DataModel", "Threading"]),
  tests(
    "Wrappers", ["bulkhead", "JobEngine", "Storage", "DataModel", "Threading"], exclude: ["Fixtures"]),
  .target(
    name: "FuzzTargets", dependencies: ["PluginHost", "Storage", "DataModel"], path: "Tests/Fuzz/Targets",
    swiftSettings: strict),
  .testTarget(
    name: "FuzzTests", dependencies: ["FuzzTargets", "TestSupport"], path: "Tests/Fuzz/Replay",
    swiftSettings: strict),
  tests("Tidy", []),
]

let package = Package(
  name: "bulkhead",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "bulkhead", targets: ["bulkhead"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: sources + checks,
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11,
  cxxLanguageStandard: .cxx17
)

// The fuzzer is built by `make fuzz` alone: libFuzzer brings the main function, and every module is instrumented.
if Context.environment["BULKHEAD_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Driver",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
