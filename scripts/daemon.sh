#!/usr/bin/env bash
# Starts a command that outlives its starter, and writes its process id to a file.
#
#   scripts/daemon.sh PIDFILE LOG COMMAND ...
#
# It gets a session of its own, so that Ctrl-C at a terminal does not reach it, and no file of its starter but
# the log: whoever waits for the end of a pipe would wait for the daemon.
set -euo pipefail

[ $# -ge 3 ] || {
  echo "usage: scripts/daemon.sh PIDFILE LOG COMMAND ..." >&2
  exit 64
}
pid_file=$1
log=$2
shift 2

(
  for descriptor in "/proc/$BASHPID/fd"/*; do
    number=${descriptor##*/}
    # 255 is bash's own, and closed by the exec.
    if [ "$number" -gt 2 ] && [ "$number" -ne 255 ]; then eval "exec $number>&-"; fi
  done
  exec setsid "$@" >>"$log" 2>&1 </dev/null
) &
echo $! >"$pid_file"
