/* Failures and stops as exceptions, and texts to and from the C border. See bulkhead.hpp. */
#ifndef BULKHEAD_ERROR_HPP
#define BULKHEAD_ERROR_HPP

#include <bulkhead/bulkhead.h>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#if !defined(__cpp_exceptions) && !defined(__EXCEPTIONS)
#error "bulkhead.hpp needs exceptions: leave out -fno-exceptions, or use the C headers"
#endif

namespace bulkhead {

/** A text as the C tables take it; borrows it.
 *  @thread any @blocking no @cancelpoint no @owner borrowed @since 1 */
inline bh_str to_str(std::string_view text) noexcept { return {text.data(), text.size()}; }

/** A text of the host; borrows it.
 *  @thread any @blocking no @cancelpoint no @owner borrowed @since 1 */
inline std::string_view to_view(bh_str text) noexcept {
  return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}

/** Why a run fails: a code of the C headers (BH_NOT_FOUND ...), a text for people and, if there is more to say
 *  for programs, one JSON value. An action that lets it pass fails with it. */
class error : public std::exception {
 public:
  explicit error(std::int32_t code, std::string message, std::string detail_json = {})
      : code_(code), message_(std::move(message)), detail_json_(std::move(detail_json)) {}

  std::int32_t code() const noexcept { return code_; }
  const std::string &message() const noexcept { return message_; }
  const std::string &detail_json() const noexcept { return detail_json_; }
  const char *what() const noexcept override { return message_.c_str(); }

 private:
  std::int32_t code_;
  std::string message_;
  std::string detail_json_;
};

/** The run has to end now. It is no std::exception, so that `catch (const std::exception &)` around a part that
 *  may fail does not swallow a cancel. Who catches it all the same gets it again at the next cancel point. */
class stopped final {
 public:
  explicit stopped(std::int32_t code) noexcept : code_(code) {}

  /** BH_CANCELLED, BH_DEADLINE, BH_FENCED; BH_UNKNOWN after a step of which nobody can tell ... */
  std::int32_t code() const noexcept { return code_; }

 private:
  std::int32_t code_;
};

namespace detail {

/** Codes that say "end now" rather than "this did not work". */
inline bool is_stop(std::int32_t code) noexcept {
  return code == BH_CANCELLED || code == BH_DEADLINE || code == BH_FENCED || code == BH_UNKNOWN;
}

/** What a code stands for, for texts. */
inline const char *name(std::int32_t code) noexcept {
  /* No static table: two plug-ins of different SDKs could come to share it. */
  switch (code) {
    case BH_CANCELLED: return "cancelled";
    case BH_DEADLINE: return "deadline";
    case BH_MEMORY: return "out of memory";
    case BH_INVALID: return "invalid";
    case BH_NOT_FOUND: return "not found";
    case BH_CONFLICT: return "conflict";
    case BH_DENIED: return "denied";
    case BH_IO: return "input or output failed";
    case BH_REMOTE: return "the other side failed";
    case BH_UNSUPPORTED: return "unsupported by this host";
    case BH_BUG: return "bug";
    case BH_FENCED: return "the job was lost";
    case BH_STALE: return "stale";
    case BH_AGAIN: return "try again later";
    case BH_UNKNOWN: return "nobody knows whether it was done";
    default: return "failed";
  }
}

/** Throws for a negative code, else gives it back. `what` becomes the text: "cannot WHAT: not found". */
inline std::int32_t check(std::int32_t code, std::string_view what) {
  if (code >= 0) return code;
  if (is_stop(code)) throw stopped(code);
  throw error(code, "cannot " + std::string(what) + ": " + name(code));
}

/** The table itself, or error(BH_UNSUPPORTED) where the host has none. */
template <class Table>
const Table &need(const Table *table, const char *id) {
  if (table == nullptr) throw error(BH_UNSUPPORTED, std::string("this host has no ") + id);
  return *table;
}

}  // namespace detail
}  // namespace bulkhead

#endif
