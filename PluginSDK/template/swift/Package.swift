// swift-tools-version: 6.2
import PackageDescription

// The plug-in SDK: the project's own copy.
let sdk = "bulkhead-sdk/swift"

let package = Package(
  name: "my-plugin",
  products: [.library(name: "my_plugin", type: .dynamic, targets: ["MyPlugin", "MyPluginManifest"])],
  dependencies: [.package(name: "BulkheadPlugin", path: sdk)],
  targets: [
    .target(
      name: "MyPlugin", dependencies: [.product(name: "BulkheadPlugin", package: "BulkheadPlugin")],
      linkerSettings: [
        // Exports the entry alone, so that two Swift plug-ins in one process cannot meet.
        .unsafeFlags(["-use-ld=lld", "-Xlinker", "--version-script=" + sdk + "/exports.map"]),
        .unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"]),
      ]),
    // Carries the manifest, which is read without running any code.
    .target(
      name: "MyPluginManifest", dependencies: [.product(name: "CBulkheadPlugin", package: "BulkheadPlugin")],
      publicHeadersPath: "."),
    // Writes that manifest from the Swift types.
    .executableTarget(name: "manifest-tool", dependencies: ["MyPlugin"]),
  ]
)
