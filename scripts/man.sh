#!/bin/sh
# Writes the man pages of every verb that is shown: from the help texts, by the argument parser's own tool.
#
#   scripts/man.sh FOLDER
#
# The pages' date is that of the last commit, so that the same commit gives the same pages.
set -eu
[ $# -eq 1 ] || { echo "usage: scripts/man.sh FOLDER" >&2; exit 64; }
out=$1

swift build --product bulkhead
swift build --product generate-manual
bin=$(swift build --show-bin-path)
date=$(git log -1 --format=%cs 2>/dev/null || date +%Y-%m-%d)

mkdir -p "$out"
# Pages of verbs that are no more; nothing else in the folder is ours.
rm -f "$out"/bulkhead.1 "$out"/bulkhead.*.1
"$bin/generate-manual" "$bin/bulkhead" --multi-page --section 1 --date "$date" --output-directory "$out"
# Verbs that only bulkhead itself calls, and the parser's own.
rm -f "$out"/bulkhead.plugin-trial.1 "$out"/bulkhead.plugin-try.1 "$out"/bulkhead.worker.1 "$out"/bulkhead.help.1
echo "$(ls "$out" | wc -l) pages in $out; read one with: man -l $out/bulkhead.1"
