#!/bin/bash
# Builds the tests with a sanitizer and runs those that reach our own threads and memory.
#
#   scripts/sanitize.sh address|thread      (FILTER=regex: these tests instead)
#
# The allocator hooks leave themselves out of such a build. Tests that start the whole command, build samples or look at the
# repository say nothing more under a sanitizer and are left to `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."

kind=${1:-}
case $kind in
  address) flags=() ;;
  # The mutex in the place of the library's comes from another module, whatever a file imports.
  thread) flags=(-Xswiftc -DBULKHEAD_TSAN -Xswiftc -disable-upcoming-feature -Xswiftc MemberImportVisibility) ;;
  *) echo "usage: scripts/sanitize.sh address|thread" >&2; exit 64 ;;
esac
scratch=.build-$kind
filter=${FILTER:-DataModelTests|StorageTests|JobEngineTests|SupervisionTests|SimulationTests|FuzzTests|PluginHostTests}

# Plug-ins of the tests are plain code: what they do wrong on purpose is not ours.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:detect_stack_use_after_return=0:abort_on_error=0:allocator_may_return_null=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-suppressions=$PWD/scripts/tsan.supp:halt_on_error=0:second_deadlock_stack=1:report_signal_unsafe=0:allocator_may_return_null=1}
export SWIFT_BACKTRACE=enable=no
export BULKHEAD_SANITIZER=$kind

swift build --build-tests --scratch-path "$scratch" --sanitize "$kind" "${flags[@]}"
log=$scratch/tests.log
status=0
swift test --skip-build --disable-xctest --scratch-path "$scratch" --sanitize "$kind" "${flags[@]}" --filter "$filter" \
  >"$log" 2>&1 || status=$?
grep -E "✘|Test run with" "$log" || true
reports=$(grep -cE "^(WARNING: ThreadSanitizer|==[0-9]+==ERROR: (Address|Thread)Sanitizer|==[0-9]+==ERROR: LeakSanitizer)" "$log" || true)
if [ "$status" -ne 0 ] || [ "$reports" -ne 0 ]; then
  echo "$kind sanitizer: $reports reports, exit code $status; all of it is in $log" >&2
  exit 1
fi
echo "$kind sanitizer: nothing found"
