#!/bin/sh
# Writes the list of the SDK's files that the command carries (`bulkhead plugin new`, `bulkhead sdk schema`):
# Sources/CSDKFiles/files.c. Run it when a file was added to PluginSDK or taken from it; a change inside a file is
# noticed by the build.
#
#   scripts/sdk-embed.sh [--print]     --print: to the standard output
set -eu
cd "$(dirname "$0")/.."

# What a new project is made of. Documents and tests of the SDK stay out.
files() {
  (
    cd PluginSDK
    find include cpp swift template manifest.schema.json -type f 2>/dev/null |
      grep -v -e '/\.build/' -e '/Tests/' -e '^cpp/.*\.md$' -e '^swift/README\.md$' -e '/Package\.resolved$' \
        -e '/[Ee]xamples\{0,1\}/' -e '\.so$' -e '\.o$' |
      LC_ALL=C sort
  )
}

generate() {
  cat <<'EOF'
/* Written by scripts/sdk-embed.sh. */
#include "CSDKFiles.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

EOF
  number=0
  files | while read -r file; do
    printf 'static const unsigned char file_%d[] = {\n' "$number"
    printf '#embed "../../PluginSDK/%s" suffix(, )\n  0};\n' "$file"
    number=$((number + 1))
  done
  printf '\nstatic const bhsdk_file files[] = {\n'
  number=0
  files | while read -r file; do
    printf '  {"%s", file_%d, sizeof file_%d - 1},\n' "$file" "$number" "$number"
    number=$((number + 1))
  done
  cat <<'EOF'
};

size_t bhsdk_file_count(void) { return sizeof files / sizeof files[0]; }

const bhsdk_file *bhsdk_file_at(size_t index) { return &files[index]; }
EOF
}

if [ "${1:-}" = --print ]; then
  generate
else
  generate >Sources/CSDKFiles/files.c.new
  mv Sources/CSDKFiles/files.c.new Sources/CSDKFiles/files.c
fi
