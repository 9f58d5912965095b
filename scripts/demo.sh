#!/usr/bin/env bash
# The demo: a real engine with the sample plug-ins, real jobs, and an engine that stays for you to try.
#
#   scripts/demo.sh start
#   scripts/demo.sh stop
#
# CONFIG=debug builds quicker, DEMO_EXIT=1 stops all of it at the end. BULKHEAD=path takes a built command
# instead of building one, DEMO_DIR another folder than ./demo. Everything it makes is in that folder, but for
# libvirtd's own below /tmp. Starting again begins afresh.
set -euo pipefail
cd "$(dirname "$0")/.."

config=${CONFIG:-release}
demo=${DEMO_DIR:-$PWD/demo}
export BULKHEAD_STORE=sqlite:$demo/bulkhead.db
bulkhead="" # the built command
socket=""   # where the engine answers
uri=""      # of the private libvirtd

heading() { printf '\n== %s\n' "$1"; }
fail() {
  echo "demo: $1" >&2
  exit 1
}

# Shows a command as one would type it, runs it, and ends the demo unless its exit code is the expected one.
run() {
  local expected=$1 code=0
  shift
  printf '$ bulkhead %s\n' "$*"
  "$bulkhead" "$@" || code=$?
  if [ "$code" -ne "$expected" ]; then
    tail -n 20 "$demo/serve.log" >&2
    fail "exit code $code where $expected was expected; the end of the engine's log is above"
  fi
}

# Waits up to $1 seconds until a command works.
wait_until() {
  local tries=$(($1 * 10))
  shift
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.1
  done
}

engine_lives() {
  [ -f "$demo/serve.pid" ] && tr '\0' ' ' <"/proc/$(cat "$demo/serve.pid")/cmdline" 2>/dev/null | grep -q ' serve '
}
engine_gone() { ! engine_lives; }

stop() {
  if engine_lives; then
    local pid
    pid=$(cat "$demo/serve.pid")
    "/proc/$pid/exe" stop --cancel >>"$demo/serve.log" 2>&1 || kill "$pid" 2>/dev/null || true
    wait_until 90 engine_gone || fail "the engine (pid $pid) does not stop; see $demo/serve.log"
  fi
  rm -f "$demo/serve.pid"
  if [ -f "$demo/libvirt.dir" ]; then
    scripts/private-libvirtd.sh stop "$(cat "$demo/libvirt.dir")"
    rm -f "$demo/libvirt.dir"
  fi
}

build() {
  heading "Building the command and the sample plug-ins"
  if [ -n "${BULKHEAD:-}" ]; then
    bulkhead=$BULKHEAD
  else
    swift build -c "$config" --product bulkhead
    bulkhead=$(swift build -c "$config" --show-bin-path)/bulkhead
  fi
  make --no-print-directory -C SamplePlugins OUT="$demo/build" "$demo"/build/{checksum,libvirt,noop}.so
}

start_libvirtd() {
  mktemp -d "/tmp/bulkhead-demo.XXXXXX" >"$demo/libvirt.dir"
  uri=$(scripts/private-libvirtd.sh start "$(cat "$demo/libvirt.dir")")
}

start_engine() {
  heading "Starting the engine"
  rm -rf "$demo"/bulkhead.db* "$demo/plugins"
  mkdir -p "$demo/plugins"
  echo "\$ bulkhead serve --plugins demo/plugins --store sqlite:demo/bulkhead.db &"
  : >"$demo/serve.log"
  scripts/daemon.sh "$demo/serve.pid" "$demo/serve.log" \
    "$bulkhead" serve --plugins "$demo/plugins" --store "$BULKHEAD_STORE"
  if ! wait_until 30 grep -q '^ready ' "$demo/serve.log"; then
    tail -n 20 "$demo/serve.log" >&2
    fail "the engine does not answer; its log is above"
  fi
  socket=$(sed -n 's/^ready //p' "$demo/serve.log")
  run 0 status
}

drop_plugins() {
  heading "Dropping three plug-ins into its folder"
  local name
  for name in checksum libvirt noop; do
    echo "\$ cp demo/build/$name.so demo/plugins/"
    cp "$demo/build/$name.so" "$demo/plugins/"
  done
  for name in checksum libvirt bench; do
    wait_until 30 "$bulkhead" plugins show "$name" || fail "the plug-in $name was not taken: bulkhead plugins list"
  done
  run 0 plugins list
}

run_jobs() {
  heading "A checksum of a real directory tree: Swift's own libraries"
  run 0 submit checksum:tree --param path="$(swift_libraries)" --wait
  heading "Two virtual machines made, one deleted, by a real libvirtd"
  run 0 submit server.create --param name=web-1 --param memory_mib=512 --param uri="$uri" --wait
  run 0 submit server.create --param name=web-2 --param memory_mib=512 --param uri="$uri" --wait
  run 0 submit server.delete --param name=web-2 --param uri="$uri" --wait
  echo "libvirtd's own list of its machines (\"test\" is always there):"
  scripts/private-libvirtd.sh list "$(cat "$demo/libvirt.dir")" | sed 's/^/  /'
  cancel_a_job
  heading "All jobs"
  run 0 jobs list
}

cancel_a_job() {
  heading "A sleep of an hour, cancelled"
  local id
  id=$("$bulkhead" submit bench:sleep --param ms=3600000)
  printf '$ bulkhead submit bench:sleep --param ms=3600000\n%s\n' "$id"
  wait_until 10 runs "$id" || fail "job $id did not start: bulkhead jobs why $id"
  run 0 jobs cancel "$id"
  run 3 jobs wait "$id"
  run 0 jobs why "$id"
}

# About two gigabytes on every machine that built this: some seconds of work.
swift_libraries() { readlink -f "$(dirname "$(readlink -f "$(command -v swift)")")/../lib"; }

runs() { "$bulkhead" jobs show "$1" --json | grep -q '"state":"running"'; }

say_goodbye() {
  local shown=${bulkhead#"$PWD"/}
  cat <<END

== The engine is still running (pid $(cat "$demo/serve.pid"), log $demo/serve.log)
   socket   $socket
   Try, in this folder:
     export BULKHEAD_STORE=$BULKHEAD_STORE
     $shown plugins show checksum
     $shown submit checksum:tree --param path=$PWD --wait
     $shown jobs list
   Stop it: make demo-stop
END
}

# Whatever goes wrong, nothing is left running.
ended_early() {
  local code=$?
  trap - EXIT INT TERM
  [ "$code" -ne 0 ] || code=130
  echo "demo: stopping what was started" >&2
  stop || true
  exit "$code"
}

start() {
  mkdir -p "$demo"
  if engine_lives; then
    heading "Stopping the engine of an earlier demo"
  fi
  stop
  trap ended_early EXIT INT TERM
  build
  start_libvirtd
  start_engine
  drop_plugins
  run_jobs
  trap - EXIT INT TERM
  if [ -n "${DEMO_EXIT:-}" ]; then
    heading "Stopping"
    stop
    echo "Done: engine and libvirtd have ended."
  else
    say_goodbye
  fi
}

case ${1:-} in
  start) start ;;
  stop) stop ;;
  *)
    echo "usage: scripts/demo.sh start|stop" >&2
    exit 64
    ;;
esac
