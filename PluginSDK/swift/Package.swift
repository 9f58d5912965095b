// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "BulkheadPlugin",
  products: [
    .library(name: "BulkheadPlugin", targets: ["BulkheadPlugin"]),
    // For the one-file C target that carries a plug-in's manifest: #include <bulkhead/all.h>
    .library(name: "CBulkheadPlugin", targets: ["CBulkheadPlugin"]),
  ],
  targets: [
    .target(name: "CBulkheadPlugin", sources: ["empty.c"]),
    .target(name: "BulkheadPlugin", dependencies: ["CBulkheadPlugin"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
