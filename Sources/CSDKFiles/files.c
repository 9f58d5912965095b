/* Written by scripts/sdk-embed.sh. */
#include "CSDKFiles.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char file_0[] = {
#embed "../../PluginSDK/cpp/exports.map" suffix(, )
  0};
static const unsigned char file_1[] = {
#embed "../../PluginSDK/cpp/include/bulkhead/action.hpp" suffix(, )
  0};
static const unsigned char file_2[] = {
#embed "../../PluginSDK/cpp/include/bulkhead/bulkhead.hpp" suffix(, )
  0};
static const unsigned char file_3[] = {
#embed "../../PluginSDK/cpp/include/bulkhead/cleanup.hpp" suffix(, )
  0};
static const unsigned char file_4[] = {
#embed "../../PluginSDK/cpp/include/bulkhead/context.hpp" suffix(, )
  0};
static const unsigned char file_5[] = {
#embed "../../PluginSDK/cpp/include/bulkhead/error.hpp" suffix(, )
  0};
static const unsigned char file_6[] = {
#embed "../../PluginSDK/cpp/include/bulkhead/memory.hpp" suffix(, )
  0};
static const unsigned char file_7[] = {
#embed "../../PluginSDK/cpp/include/bulkhead/records.hpp" suffix(, )
  0};
static const unsigned char file_8[] = {
#embed "../../PluginSDK/cpp/include/bulkhead/steps.hpp" suffix(, )
  0};
static const unsigned char file_9[] = {
#embed "../../PluginSDK/include/bulkhead/abi.c" suffix(, )
  0};
static const unsigned char file_10[] = {
#embed "../../PluginSDK/include/bulkhead/all.h" suffix(, )
  0};
static const unsigned char file_11[] = {
#embed "../../PluginSDK/include/bulkhead/bulkhead.h" suffix(, )
  0};
static const unsigned char file_12[] = {
#embed "../../PluginSDK/include/bulkhead/ext/cleanup.h" suffix(, )
  0};
static const unsigned char file_13[] = {
#embed "../../PluginSDK/include/bulkhead/ext/draft/records.h" suffix(, )
  0};
static const unsigned char file_14[] = {
#embed "../../PluginSDK/include/bulkhead/ext/format.h" suffix(, )
  0};
static const unsigned char file_15[] = {
#embed "../../PluginSDK/include/bulkhead/ext/log.h" suffix(, )
  0};
static const unsigned char file_16[] = {
#embed "../../PluginSDK/include/bulkhead/ext/params.h" suffix(, )
  0};
static const unsigned char file_17[] = {
#embed "../../PluginSDK/include/bulkhead/ext/progress.h" suffix(, )
  0};
static const unsigned char file_18[] = {
#embed "../../PluginSDK/include/bulkhead/ext/reconcile.h" suffix(, )
  0};
static const unsigned char file_19[] = {
#embed "../../PluginSDK/include/bulkhead/ext/result.h" suffix(, )
  0};
static const unsigned char file_20[] = {
#embed "../../PluginSDK/include/bulkhead/ext/steps.h" suffix(, )
  0};
static const unsigned char file_21[] = {
#embed "../../PluginSDK/include/bulkhead/ext/wait.h" suffix(, )
  0};
static const unsigned char file_22[] = {
#embed "../../PluginSDK/include/module.modulemap" suffix(, )
  0};
static const unsigned char file_23[] = {
#embed "../../PluginSDK/manifest.schema.json" suffix(, )
  0};
static const unsigned char file_24[] = {
#embed "../../PluginSDK/swift/Package.swift" suffix(, )
  0};
static const unsigned char file_25[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Action.swift" suffix(, )
  0};
static const unsigned char file_26[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Failure.swift" suffix(, )
  0};
static const unsigned char file_27[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/JSON/JSON.swift" suffix(, )
  0};
static const unsigned char file_28[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/JSON/JSONEncoder.swift" suffix(, )
  0};
static const unsigned char file_29[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/JSON/JSONParser.swift" suffix(, )
  0};
static const unsigned char file_30[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/JSON/JSONSource.swift" suffix(, )
  0};
static const unsigned char file_31[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/JSON/Source.swift" suffix(, )
  0};
static const unsigned char file_32[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/JSON/SourceDecoder.swift" suffix(, )
  0};
static const unsigned char file_33[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Manifest/Keywords.swift" suffix(, )
  0};
static const unsigned char file_34[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Manifest/ManifestCommand.swift" suffix(, )
  0};
static const unsigned char file_35[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Manifest/Plugin+manifest.swift" suffix(, )
  0};
static const unsigned char file_36[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Manifest/SchemaSource.swift" suffix(, )
  0};
static const unsigned char file_37[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Plugin.swift" suffix(, )
  0};
static const unsigned char file_38[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Run/Border.swift" suffix(, )
  0};
static const unsigned char file_39[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Run/Cleanup.swift" suffix(, )
  0};
static const unsigned char file_40[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Run/Context.swift" suffix(, )
  0};
static const unsigned char file_41[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Run/Records.swift" suffix(, )
  0};
static const unsigned char file_42[] = {
#embed "../../PluginSDK/swift/Sources/BulkheadPlugin/Run/Steps.swift" suffix(, )
  0};
static const unsigned char file_43[] = {
#embed "../../PluginSDK/swift/Sources/CBulkheadPlugin/empty.c" suffix(, )
  0};
static const unsigned char file_44[] = {
#embed "../../PluginSDK/swift/exports.map" suffix(, )
  0};
static const unsigned char file_45[] = {
#embed "../../PluginSDK/template/c/.gitignore" suffix(, )
  0};
static const unsigned char file_46[] = {
#embed "../../PluginSDK/template/c/Makefile" suffix(, )
  0};
static const unsigned char file_47[] = {
#embed "../../PluginSDK/template/c/README.md" suffix(, )
  0};
static const unsigned char file_48[] = {
#embed "../../PluginSDK/template/c/manifest.json" suffix(, )
  0};
static const unsigned char file_49[] = {
#embed "../../PluginSDK/template/c/my_plugin.c" suffix(, )
  0};
static const unsigned char file_50[] = {
#embed "../../PluginSDK/template/c/params.h" suffix(, )
  0};
static const unsigned char file_51[] = {
#embed "../../PluginSDK/template/cpp/.gitignore" suffix(, )
  0};
static const unsigned char file_52[] = {
#embed "../../PluginSDK/template/cpp/Makefile" suffix(, )
  0};
static const unsigned char file_53[] = {
#embed "../../PluginSDK/template/cpp/README.md" suffix(, )
  0};
static const unsigned char file_54[] = {
#embed "../../PluginSDK/template/cpp/exports.map" suffix(, )
  0};
static const unsigned char file_55[] = {
#embed "../../PluginSDK/template/cpp/manifest.json" suffix(, )
  0};
static const unsigned char file_56[] = {
#embed "../../PluginSDK/template/cpp/my_plugin.cpp" suffix(, )
  0};
static const unsigned char file_57[] = {
#embed "../../PluginSDK/template/swift/.gitignore" suffix(, )
  0};
static const unsigned char file_58[] = {
#embed "../../PluginSDK/template/swift/Makefile" suffix(, )
  0};
static const unsigned char file_59[] = {
#embed "../../PluginSDK/template/swift/Package.swift" suffix(, )
  0};
static const unsigned char file_60[] = {
#embed "../../PluginSDK/template/swift/README.md" suffix(, )
  0};
static const unsigned char file_61[] = {
#embed "../../PluginSDK/template/swift/Sources/MyPlugin/MyPlugin.swift" suffix(, )
  0};
static const unsigned char file_62[] = {
#embed "../../PluginSDK/template/swift/Sources/MyPluginManifest/manifest.c" suffix(, )
  0};
static const unsigned char file_63[] = {
#embed "../../PluginSDK/template/swift/Sources/manifest-tool/main.swift" suffix(, )
  0};

static const bhsdk_file files[] = {
  {"cpp/exports.map", file_0, sizeof file_0 - 1},
  {"cpp/include/bulkhead/action.hpp", file_1, sizeof file_1 - 1},
  {"cpp/include/bulkhead/bulkhead.hpp", file_2, sizeof file_2 - 1},
  {"cpp/include/bulkhead/cleanup.hpp", file_3, sizeof file_3 - 1},
  {"cpp/include/bulkhead/context.hpp", file_4, sizeof file_4 - 1},
  {"cpp/include/bulkhead/error.hpp", file_5, sizeof file_5 - 1},
  {"cpp/include/bulkhead/memory.hpp", file_6, sizeof file_6 - 1},
  {"cpp/include/bulkhead/records.hpp", file_7, sizeof file_7 - 1},
  {"cpp/include/bulkhead/steps.hpp", file_8, sizeof file_8 - 1},
  {"include/bulkhead/abi.c", file_9, sizeof file_9 - 1},
  {"include/bulkhead/all.h", file_10, sizeof file_10 - 1},
  {"include/bulkhead/bulkhead.h", file_11, sizeof file_11 - 1},
  {"include/bulkhead/ext/cleanup.h", file_12, sizeof file_12 - 1},
  {"include/bulkhead/ext/draft/records.h", file_13, sizeof file_13 - 1},
  {"include/bulkhead/ext/format.h", file_14, sizeof file_14 - 1},
  {"include/bulkhead/ext/log.h", file_15, sizeof file_15 - 1},
  {"include/bulkhead/ext/params.h", file_16, sizeof file_16 - 1},
  {"include/bulkhead/ext/progress.h", file_17, sizeof file_17 - 1},
  {"include/bulkhead/ext/reconcile.h", file_18, sizeof file_18 - 1},
  {"include/bulkhead/ext/result.h", file_19, sizeof file_19 - 1},
  {"include/bulkhead/ext/steps.h", file_20, sizeof file_20 - 1},
  {"include/bulkhead/ext/wait.h", file_21, sizeof file_21 - 1},
  {"include/module.modulemap", file_22, sizeof file_22 - 1},
  {"manifest.schema.json", file_23, sizeof file_23 - 1},
  {"swift/Package.swift", file_24, sizeof file_24 - 1},
  {"swift/Sources/BulkheadPlugin/Action.swift", file_25, sizeof file_25 - 1},
  {"swift/Sources/BulkheadPlugin/Failure.swift", file_26, sizeof file_26 - 1},
  {"swift/Sources/BulkheadPlugin/JSON/JSON.swift", file_27, sizeof file_27 - 1},
  {"swift/Sources/BulkheadPlugin/JSON/JSONEncoder.swift", file_28, sizeof file_28 - 1},
  {"swift/Sources/BulkheadPlugin/JSON/JSONParser.swift", file_29, sizeof file_29 - 1},
  {"swift/Sources/BulkheadPlugin/JSON/JSONSource.swift", file_30, sizeof file_30 - 1},
  {"swift/Sources/BulkheadPlugin/JSON/Source.swift", file_31, sizeof file_31 - 1},
  {"swift/Sources/BulkheadPlugin/JSON/SourceDecoder.swift", file_32, sizeof file_32 - 1},
  {"swift/Sources/BulkheadPlugin/Manifest/Keywords.swift", file_33, sizeof file_33 - 1},
  {"swift/Sources/BulkheadPlugin/Manifest/ManifestCommand.swift", file_34, sizeof file_34 - 1},
  {"swift/Sources/BulkheadPlugin/Manifest/Plugin+manifest.swift", file_35, sizeof file_35 - 1},
  {"swift/Sources/BulkheadPlugin/Manifest/SchemaSource.swift", file_36, sizeof file_36 - 1},
  {"swift/Sources/BulkheadPlugin/Plugin.swift", file_37, sizeof file_37 - 1},
  {"swift/Sources/BulkheadPlugin/Run/Border.swift", file_38, sizeof file_38 - 1},
  {"swift/Sources/BulkheadPlugin/Run/Cleanup.swift", file_39, sizeof file_39 - 1},
  {"swift/Sources/BulkheadPlugin/Run/Context.swift", file_40, sizeof file_40 - 1},
  {"swift/Sources/BulkheadPlugin/Run/Records.swift", file_41, sizeof file_41 - 1},
  {"swift/Sources/BulkheadPlugin/Run/Steps.swift", file_42, sizeof file_42 - 1},
  {"swift/Sources/CBulkheadPlugin/empty.c", file_43, sizeof file_43 - 1},
  {"swift/exports.map", file_44, sizeof file_44 - 1},
  {"template/c/.gitignore", file_45, sizeof file_45 - 1},
  {"template/c/Makefile", file_46, sizeof file_46 - 1},
  {"template/c/README.md", file_47, sizeof file_47 - 1},
  {"template/c/manifest.json", file_48, sizeof file_48 - 1},
  {"template/c/my_plugin.c", file_49, sizeof file_49 - 1},
  {"template/c/params.h", file_50, sizeof file_50 - 1},
  {"template/cpp/.gitignore", file_51, sizeof file_51 - 1},
  {"template/cpp/Makefile", file_52, sizeof file_52 - 1},
  {"template/cpp/README.md", file_53, sizeof file_53 - 1},
  {"template/cpp/exports.map", file_54, sizeof file_54 - 1},
  {"template/cpp/manifest.json", file_55, sizeof file_55 - 1},
  {"template/cpp/my_plugin.cpp", file_56, sizeof file_56 - 1},
  {"template/swift/.gitignore", file_57, sizeof file_57 - 1},
  {"template/swift/Makefile", file_58, sizeof file_58 - 1},
  {"template/swift/Package.swift", file_59, sizeof file_59 - 1},
  {"template/swift/README.md", file_60, sizeof file_60 - 1},
  {"template/swift/Sources/MyPlugin/MyPlugin.swift", file_61, sizeof file_61 - 1},
  {"template/swift/Sources/MyPluginManifest/manifest.c", file_62, sizeof file_62 - 1},
  {"template/swift/Sources/manifest-tool/main.swift", file_63, sizeof file_63 - 1},
};

size_t bhsdk_file_count(void) { return sizeof files / sizeof files[0]; }

const bhsdk_file *bhsdk_file_at(size_t index) { return &files[index]; }
