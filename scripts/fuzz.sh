#!/bin/bash
# Fuzzes the readers of bytes from outside with libFuzzer and AddressSanitizer, one after the other.
#
#   scripts/fuzz.sh [TARGET ...]      (elf note manifest parameters frames; none named: all)
#
# FUZZ_MINUTES: how long each (default 10). What the runs find of new ways through the code is kept in
# .build-fuzz/corpus; with FUZZ_KEEP=1 the smallest set that still covers it goes to Tests/Fuzz/corpus, for the tests to
# replay. A crash leaves its input in .build-fuzz/crashes and ends with 1.
set -euo pipefail
cd "$(dirname "$0")/.."

all="elf note manifest parameters frames"
minutes=${FUZZ_MINUTES:-10}
[[ $minutes =~ ^[0-9]+$ ]] || { echo "FUZZ_MINUTES has to be a whole number, not \"$minutes\"" >&2; exit 64; }
targets=${*:-$all}
for target in $targets; do
  [[ " $all " == *" $target "* ]] || { echo "there is no target \"$target\"; there are: $all" >&2; exit 64; }
done

export BULKHEAD_FUZZ=1
swift build -c release --scratch-path .build-fuzz --product fuzz --sanitize address -Xswiftc -sanitize=fuzzer
program=.build-fuzz/release/fuzz
# Swift's own crash reports would hide the sanitizer's.
export SWIFT_BACKTRACE=enable=no

for target in $targets; do
  found=.build-fuzz/corpus/$target
  crashes=.build-fuzz/crashes/$target-
  mkdir -p "$found" .build-fuzz/crashes
  log=.build-fuzz/$target.log
  export BULKHEAD_FUZZ_TARGET=$target
  echo "=== $target: $minutes min"
  if ! "$program" -max_total_time=$((minutes * 60)) -timeout=10 -rss_limit_mb=2048 -max_len=65536 -use_value_profile=1 \
    -print_final_stats=1 -artifact_prefix="$crashes" "$found" "Tests/Fuzz/corpus/$target" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "$target: found a fault; its input is in .build-fuzz/crashes. Keep it in Tests/Fuzz/corpus/$target once it is cured." >&2
    exit 1
  fi
  grep -E "^Done|number_of_executed_units|average_exec_per_sec" "$log"
  grep -E "cov: " "$log" | tail -n 1
  if [ "${FUZZ_KEEP:-}" = 1 ]; then
    "$program" -merge=1 -max_len=4096 "Tests/Fuzz/corpus/$target" "$found" >>"$log" 2>&1
    echo "$target: $(ls "Tests/Fuzz/corpus/$target" | wc -l) inputs kept"
  fi
done
