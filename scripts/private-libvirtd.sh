#!/bin/sh
# A libvirtd of one's own, with the test driver: real API, real daemon, machines of no substance.
#
#   scripts/private-libvirtd.sh start DIR    starts it in DIR (made if need be) and prints its URI
#   scripts/private-libvirtd.sh list DIR     prints the names of its machines
#   scripts/private-libvirtd.sh stop DIR     ends it and removes DIR
#
# It needs no root, no network, no system service. As root it runs as nobody, because libvirtd as root wants
# the whole system setup; DIR and its parents must then be open to nobody: choose it below /tmp. One holder
# connection keeps the machines when jobs and workers end. Starting twice is fine.
set -eu

[ $# -eq 2 ] || { echo "usage: scripts/private-libvirtd.sh start|list|stop DIR" >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
verb=$1
dir=$2
nobody=65534

# A Unix socket's path has at most 107 bytes.
[ ${#dir} -le 90 ] || { echo "$dir: too long for a socket's path, choose one below /tmp" >&2; exit 64; }
case $dir in /*) ;; *) dir=$(pwd)/$dir ;; esac
uri="test+unix:///default?socket=$dir/libvirt-sock"

fail() {
  echo "$1" >&2
  [ ! -f "$dir/log" ] || tail -n 20 "$dir/log" >&2
  exit 1
}

# Whether the process of a pid file lives and is what it says: a number may be in use again, and an ended
# process stays listed, without its command line, until its parent has looked.
lives() {
  [ -f "$dir/$1.pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$dir/$1.pid")/cmdline" | grep -q "$1"
}

# Starts a daemon as an ordinary user.
spawn() {
  name=$1
  shift
  if [ "$(id -u)" -eq 0 ]; then
    set -- setpriv --reuid=$nobody --regid=$nobody --clear-groups "$@"
  fi
  HOME=$dir XDG_RUNTIME_DIR=$dir XDG_CONFIG_HOME=$dir XDG_CACHE_HOME=$dir \
    "$here/daemon.sh" "$dir/$name.pid" "$dir/log" "$@"
}

# Waits up to ten seconds until a command works.
wait_until() {
  tries=100
  until "$@" 2>/dev/null; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.1
  done
}

start() {
  if lives libvirtd && lives hold-libvirt; then
    echo "$uri"
    return
  fi
  for tool in libvirtd cc setsid; do
    PATH="$PATH:/usr/sbin" command -v $tool >/dev/null || fail "$tool is missing: make install-deps"
  done
  mkdir -p "$dir"
  cc -O1 -Wall -Wextra "$here/hold-libvirt.c" -o "$dir/hold-libvirt" -lvirt
  printf 'unix_sock_dir="%s"\nauth_unix_rw="none"\nauth_unix_ro="none"\n' "$dir" >"$dir/conf"
  [ "$(id -u)" -ne 0 ] || chown $nobody "$dir"
  spawn libvirtd env PATH="$PATH:/usr/sbin" libvirtd -f "$dir/conf" -p "$dir/own.pid"
  wait_until test -S "$dir/libvirt-sock" || fail "libvirtd does not start in $dir:"
  spawn hold-libvirt "$dir/hold-libvirt" hold "$uri"
  wait_until grep -q '^held' "$dir/log" || fail "libvirtd does not answer at $uri:"
  echo "$uri"
}

stop() {
  for name in hold-libvirt libvirtd; do
    lives $name || continue
    pid=$(cat "$dir/$name.pid")
    kill "$pid" 2>/dev/null || true
    wait_until eval "! lives $name" || kill -9 "$pid"
  done
  [ ! -f "$dir/conf" ] || rm -rf "$dir"
}

case $verb in
  start) start ;;
  list) "$dir/hold-libvirt" list "$uri" ;;
  stop) stop ;;
  *) echo "usage: scripts/private-libvirtd.sh start|list|stop DIR" >&2; exit 64 ;;
esac
