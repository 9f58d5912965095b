#!/bin/sh
# Writes down what the plug-in ABI is now, as the baseline of its level:
#
#   Tests/Golden/abi/level-N/include     a copy of the headers
#   Tests/Golden/abi/level-N/surface.c   a function for each struct that is promised
#   Tests/Golden/abi/level-N/level.abi   the types of these functions, by abidw
#   Tests/Golden/abi/level-N/layout.txt  every size, offset, type and constant
#   Tests/Golden/plugins/level-N/*.so    plug-ins built with these headers (x86-64 only)
#
# Run it when a level is frozen, and never again for that level: from then on a difference to it is either an append,
# or stands in Tests/Golden/abi/accepted.txt with a reason.
#
#   scripts/freeze-abi.sh [--force]      --force: also over a level that has a baseline
set -eu
cd "$(dirname "$0")/.."
headers=PluginSDK/include
level=$(sed -n 's/^#define BH_ABI_LEVEL \([0-9]*\)$/\1/p' "$headers/bulkhead/bulkhead.h")
baseline=Tests/Golden/abi/level-$level
plugins=Tests/Golden/plugins/level-$level
for tool in cc g++ abidw; do
  command -v $tool >/dev/null 2>&1 || { echo "$tool is missing: scripts/install-deps.sh test" >&2; exit 1; }
done
if [ -d "$baseline" ] && [ "${1:-}" != --force ]; then
  echo "level $level has a baseline: $baseline. Plug-ins may rely on it; --force writes it anew." >&2
  exit 7
fi

rm -rf "$baseline" "$plugins"
mkdir -p "$baseline" "$plugins"
(cd "$headers" && find bulkhead -name '*.h') | while read -r file; do
  mkdir -p "$baseline/include/$(dirname "$file")"
  cp "$headers/$file" "$baseline/include/$file"
done

# Drafts carry no promise, so their structs are left out.
{
  echo "/* Level $level: a function for each struct that is promised. Written by scripts/freeze-abi.sh. */"
  echo '#include <bulkhead/all.h>'
  echo 'const bh_plugin *bh_plugin_entry(const bh_host *host) { return (void)host, (const bh_plugin *)0; }'
  cat "$headers"/bulkhead/*.h "$headers"/bulkhead/ext/*.h |
    sed -nE 's/^(typedef )?struct (bh_[a-z0-9_]+) \{.*/void surface_of_\2(struct \2 *value) { (void)value; }/p' |
    LC_ALL=C sort -u
} >"$baseline/surface.c"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -g -shared -fPIC -I "$baseline/include" "$baseline/surface.c" -o "$work/surface.so"
abidw --no-show-locs --no-corpus-path --no-comp-dir-path "$work/surface.so" >"$baseline/level.abi"
cp Tests/Golden/abi-layout.txt "$baseline/layout.txt"

if [ "$(uname -m)" = x86_64 ]; then
  for language in c c++; do
    name=$(echo "$language" | sed 's/c++/cpp/')
    cc -x "$language" -O1 -shared -fPIC -fvisibility=hidden -s -Wl,-z,defs,-z,now \
      -I "$baseline/include" "Tests/Golden/plugins/level_$level.c" -o "$plugins/golden_$name.so"
  done
fi
echo "level $level is written down in $baseline and $plugins"
