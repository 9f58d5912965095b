#!/bin/sh
# Installs the Debian packages that are missing for the named purposes, and nothing else.
#
#   scripts/install-deps.sh build|demo|test ...
#
# Says nothing when all is there. As root it installs; as another user it asks sudo; where neither works it
# prints the line to run and exits 1. Swift itself is only looked for: it is no Debian package.
set -eu

swift_needed="6.3"

# gcc brings cc, the linker and with libc6-dev all that Swift links a program with.
packages_build="pkg-config gcc libc6-dev libstdc++-12-dev libsqlite3-dev libssl-dev"
# libvirt-dev: the sample plug-in `libvirt`. libvirt-daemon: the private libvirtd of demo and tests.
packages_demo="$packages_build libvirt-dev libvirt-daemon"
# g++: the plug-in headers are compiled as C and C++ by gcc and by Swift's clang. abigail-tools: is the plug-in ABI what
# it was? make, cmake: the SDK is used as its users do.
packages_test="$packages_demo g++ make cmake abigail-tools"

usage() {
  echo "usage: scripts/install-deps.sh build|demo|test ..." >&2
  exit 64
}

check_swift() {
  if ! command -v swift >/dev/null 2>&1; then
    echo "swift is not in PATH. Bulkhead needs Swift $swift_needed or newer: https://www.swift.org/install/linux/" >&2
    exit 1
  fi
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  if [ -z "$found" ]; then
    echo "\`swift --version\` does not work here; try it by hand. Bulkhead needs Swift $swift_needed or newer." >&2
    exit 1
  fi
  lowest=$(printf '%s\n%s\n' "$swift_needed" "$found" | sort -V | head -n 1)
  if [ "$lowest" != "$swift_needed" ]; then
    echo "Swift $found is too old: Bulkhead needs $swift_needed or newer: https://www.swift.org/install/linux/" >&2
    exit 1
  fi
}

wanted_packages() {
  for purpose in "$@"; do
    case $purpose in
      build) echo "$packages_build" ;;
      demo) echo "$packages_demo" ;;
      test) echo "$packages_test" ;;
      *) usage ;;
    esac
  done | tr ' ' '\n' | sort -u
}

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Runs apt-get as root, however that is had here. Its output is shown only when it fails.
apt_get() {
  log=$(mktemp)
  if $as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
  else
    cat "$log" >&2
    rm -f "$log"
    echo "apt-get $1 failed. To try it by hand: $by_hand" >&2
    exit 1
  fi
}

[ $# -gt 0 ] || usage
wanted=$(wanted_packages "$@")
check_swift

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "This is no Debian machine. Install the equivalents of these packages yourself:" $wanted >&2
  command -v cc >/dev/null 2>&1 || exit 1
  exit 0
fi

missing=""
for package in $wanted; do
  is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

by_hand="apt-get update && apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" -eq 0 ]; then
  as_root=""
elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null 2>&1 && sudo -v; }; then
  as_root="sudo"
else
  echo "These packages are missing, and there is no sudo to install them with. As root, run:" >&2
  echo "  $by_hand" >&2
  exit 1
fi

echo "Installing$missing"
apt_get update
apt_get install -y --no-install-recommends $missing
