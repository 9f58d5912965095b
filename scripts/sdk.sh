#!/bin/sh
# Makes the plug-in SDK as people get it:
#
#   scripts/sdk.sh [FOLDER]     writes bulkhead-sdk-VERSION.tar.gz and bulkhead-sdk_VERSION_all.deb (default: dist)
#
# DEBFULLNAME and DEBEMAIL name the maintainer of the package. The same commit gives the same bytes: names are sorted,
# the owner is root, and every time is SOURCE_DATE_EPOCH (the commit's unless given). The tar holds a prefix that may stand anywhere; the package is the same tree under /usr.
set -eu
umask 022
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "${1:-$root/dist}"
dist=$(cd "${1:-$root/dist}" && pwd)

version=$(sed -n 's/.*static let version = "\(.*\)".*/\1/p' "$root/Sources/bulkhead/Bulkhead.swift")
[ -n "$version" ] || { echo "no version in Sources/bulkhead/Bulkhead.swift" >&2; exit 1; }
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 1767225600)
fi
export SOURCE_DATE_EPOCH

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree="$work/bulkhead-sdk-$version"

# copy FROM TO: the files below FROM, without what a build or an editor left there.
copy() {
  [ -d "$1" ] || return 0
  (cd "$1" && find . -type f ! -path '*/.build/*' ! -name '*.so' ! -name '*.o' ! -name '*.new' \
    ! -name Package.resolved ! -name '*~') | while read -r file; do
    mkdir -p "$2/$(dirname "$file")"
    cp "$1/$file" "$2/$file"
  done
}

# What stands in the text for the version is filled in.
fill() { sed "s/@VERSION@/$version/g" "$1" >"$2"; }

sdk="$root/PluginSDK"
share="$tree/share/bulkhead/sdk"
copy "$sdk/include" "$tree/include"
copy "$sdk/cpp/include" "$tree/include"
# For SwiftPM alone; the Swift package below has its own way to the headers.
rm -f "$tree/include/module.modulemap" "$tree/include/bulkhead/abi.c"

mkdir -p "$share" "$tree/share/pkgconfig" "$tree/share/cmake/bulkhead-plugin" "$tree/share/doc/bulkhead-sdk"
copy "$sdk/template" "$share/template"
copy "$sdk/swift" "$share/swift"
if [ -d "$share/swift" ]; then
  # SwiftPM wants the headers below the target, with a module map.
  inner="$share/swift/Sources/CBulkheadPlugin/include"
  mkdir -p "$inner"
  cp "$sdk/include/module.modulemap" "$inner/"
  ln -s ../../../../../../../include/bulkhead "$inner/bulkhead"
fi
if [ -f "$sdk/cpp/exports.map" ]; then
  mkdir -p "$share/cpp"
  cp "$sdk/cpp/exports.map" "$share/cpp/"
fi
cp "$sdk/manifest.schema.json" "$share/"
ln -s ../../../include "$share/include"
fill "$root/scripts/sdk/bulkhead-plugin.pc" "$tree/share/pkgconfig/bulkhead-plugin.pc"
for file in bulkhead-plugin-config.cmake bulkhead-plugin-config-version.cmake; do
  fill "$root/scripts/sdk/$file" "$tree/share/cmake/bulkhead-plugin/$file"
done

documents="$tree/share/doc/bulkhead-sdk"
cp "$sdk/README.md" "$sdk/ABI.md" "$documents/"
# Who unpacks the tar looks here first.
fill "$root/scripts/sdk/README.md" "$tree/README.md"
cp "$root/LICENSE" "$tree/LICENSE"
cp "$root/LICENSE" "$documents/copyright"
for language in cpp swift; do
  [ -f "$sdk/$language/README.md" ] || continue
  mkdir -p "$documents/$language"
  cp "$sdk/$language/README.md" "$documents/$language/"
done
find "$tree" -type d -exec chmod 755 {} +
find "$tree" -type f -exec chmod 644 {} +
find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

tar --sort=name --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
  -C "$work" -cf - "bulkhead-sdk-$version" | gzip -n -9 >"$dist/bulkhead-sdk-$version.tar.gz"
echo "$dist/bulkhead-sdk-$version.tar.gz"

command -v dpkg-deb >/dev/null 2>&1 || { echo "no dpkg-deb here: the .deb is left out" >&2; exit 0; }
package="$work/package"
mkdir -p "$package/DEBIAN"
rm "$tree/README.md" "$tree/LICENSE"
mv "$tree" "$package/usr"
size=$(du -sk --apparent-size "$package/usr" | cut -f 1)
# Who hands the package on is who answers for it.
maintainer=$(echo "${DEBFULLNAME:-The Bulkhead project} <${DEBEMAIL:-noreply@bulkhead.invalid}>" | sed 's/[&|\\]/\\&/g')
fill "$root/scripts/sdk/control" "$work/control"
sed -e "s/@SIZE@/$size/" -e "s|@MAINTAINER@|$maintainer|" "$work/control" >"$package/DEBIAN/control"
(cd "$package" && find usr -type f | LC_ALL=C sort | xargs -d '\n' md5sum) >"$package/DEBIAN/md5sums"
chmod 755 "$package" "$package/DEBIAN"
chmod 644 "$package/DEBIAN/control" "$package/DEBIAN/md5sums"
find "$package" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group -Zxz --build "$package" "$dist/bulkhead-sdk_${version}_all.deb" >/dev/null
echo "$dist/bulkhead-sdk_${version}_all.deb"
