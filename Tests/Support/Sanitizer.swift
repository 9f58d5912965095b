import Glibc

/// How this build of the tests is watched: `scripts/sanitize.sh` says so.
package enum Sanitizer {
  package static let isThere = getenv("BULKHEAD_SANITIZER") != nil
}
