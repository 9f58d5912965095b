#!/bin/sh
# Builds sample plug-ins with plain cc, as their authors would.
#
#   scripts/build-samples.sh DIR [NAME ...]
#
# Takes SamplePlugins/NAME/*.c, and the libraries to link from the file's own "Build:" line. A plug-in is
# moved into DIR when it is complete, so an engine that watches DIR never sees half of one.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { echo "usage: scripts/build-samples.sh DIR [NAME ...]" >&2; exit 64; }
out=$1
shift
mkdir -p "$out"

build() {
  name=$(basename "$1" .c)
  libraries=$(sed -n "s/^ \* Build: cc .*-o $name\.so//p" "$1" | head -n 1)
  if [ "$out/$name.so" -nt "$1" ] && [ -z "$(find "$root/PluginSDK/include" -newer "$out/$name.so" -name '*.h')" ]; then
    return
  fi
  ${CC:-cc} -O2 -Wall -Wextra -shared -fPIC -fvisibility=hidden -I "$root/PluginSDK/include" \
    "$1" -o "$out/.$name.so.partial" $libraries
  mv "$out/.$name.so.partial" "$out/$name.so"
  echo "built $out/$name.so"
}

if [ $# -eq 0 ]; then
  set -- "$root"/SamplePlugins/[a-z]*/
fi
for sample in "$@"; do
  for source in "$root/SamplePlugins/$(basename "$sample")"/*.c; do
    build "$source"
  done
done
