/* Written by scripts/sdk-embed.sh. */
#include "CSDKFiles.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char file_0[] = {
#embed "../../PluginSDK/include/bulkhead/abi.c" suffix(, )
  0};
static const unsigned char file_1[] = {
#embed "../../PluginSDK/include/bulkhead/all.h" suffix(, )
  0};
static const unsigned char file_2[] = {
#embed "../../PluginSDK/include/bulkhead/bulkhead.h" suffix(, )
  0};
static const unsigned char file_3[] = {
#embed "../../PluginSDK/include/bulkhead/ext/cleanup.h" suffix(, )
  0};
static const unsigned char file_4[] = {
#embed "../../PluginSDK/include/bulkhead/ext/draft/records.h" suffix(, )
  0};
static const unsigned char file_5[] = {
#embed "../../PluginSDK/include/bulkhead/ext/format.h" suffix(, )
  0};
static const unsigned char file_6[] = {
#embed "../../PluginSDK/include/bulkhead/ext/log.h" suffix(, )
  0};
static const unsigned char file_7[] = {
#embed "../../PluginSDK/include/bulkhead/ext/params.h" suffix(, )
  0};
static const unsigned char file_8[] = {
#embed "../../PluginSDK/include/bulkhead/ext/progress.h" suffix(, )
  0};
static const unsigned char file_9[] = {
#embed "../../PluginSDK/include/bulkhead/ext/result.h" suffix(, )
  0};
static const unsigned char file_10[] = {
#embed "../../PluginSDK/include/bulkhead/ext/wait.h" suffix(, )
  0};
static const unsigned char file_11[] = {
#embed "../../PluginSDK/include/module.modulemap" suffix(, )
  0};
static const unsigned char file_12[] = {
#embed "../../PluginSDK/manifest.schema.json" suffix(, )
  0};
static const unsigned char file_13[] = {
#embed "../../PluginSDK/template/c/.gitignore" suffix(, )
  0};
static const unsigned char file_14[] = {
#embed "../../PluginSDK/template/c/Makefile" suffix(, )
  0};
static const unsigned char file_15[] = {
#embed "../../PluginSDK/template/c/README.md" suffix(, )
  0};
static const unsigned char file_16[] = {
#embed "../../PluginSDK/template/c/manifest.json" suffix(, )
  0};
static const unsigned char file_17[] = {
#embed "../../PluginSDK/template/c/my_plugin.c" suffix(, )
  0};
static const unsigned char file_18[] = {
#embed "../../PluginSDK/template/c/params.h" suffix(, )
  0};

static const bhsdk_file files[] = {
  {"include/bulkhead/abi.c", file_0, sizeof file_0 - 1},
  {"include/bulkhead/all.h", file_1, sizeof file_1 - 1},
  {"include/bulkhead/bulkhead.h", file_2, sizeof file_2 - 1},
  {"include/bulkhead/ext/cleanup.h", file_3, sizeof file_3 - 1},
  {"include/bulkhead/ext/draft/records.h", file_4, sizeof file_4 - 1},
  {"include/bulkhead/ext/format.h", file_5, sizeof file_5 - 1},
  {"include/bulkhead/ext/log.h", file_6, sizeof file_6 - 1},
  {"include/bulkhead/ext/params.h", file_7, sizeof file_7 - 1},
  {"include/bulkhead/ext/progress.h", file_8, sizeof file_8 - 1},
  {"include/bulkhead/ext/result.h", file_9, sizeof file_9 - 1},
  {"include/bulkhead/ext/wait.h", file_10, sizeof file_10 - 1},
  {"include/module.modulemap", file_11, sizeof file_11 - 1},
  {"manifest.schema.json", file_12, sizeof file_12 - 1},
  {"template/c/.gitignore", file_13, sizeof file_13 - 1},
  {"template/c/Makefile", file_14, sizeof file_14 - 1},
  {"template/c/README.md", file_15, sizeof file_15 - 1},
  {"template/c/manifest.json", file_16, sizeof file_16 - 1},
  {"template/c/my_plugin.c", file_17, sizeof file_17 - 1},
  {"template/c/params.h", file_18, sizeof file_18 - 1},
};

size_t bhsdk_file_count(void) { return sizeof files / sizeof files[0]; }

const bhsdk_file *bhsdk_file_at(size_t index) { return &files[index]; }
