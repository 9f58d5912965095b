/* Texts, numbers and lists as JSON, for what a result has beyond plain members. See bulkhead.hpp. */
#ifndef BULKHEAD_JSON_HPP
#define BULKHEAD_JSON_HPP

#include <bulkhead/ext/format.h>

#include "error.hpp"

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace bulkhead {

/** A text as JSON writes it, with its quotes: `say "hi"` becomes `"say \"hi\""`. Bytes that are no UTF-8 become '?'.
 *  @thread any @blocking no @cancelpoint no @owner none @since 1 */
inline std::string json_quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", unsigned(byte));
      quoted += escape;
    } else {
      quoted += c;
    }
  }
  quoted += '"';
  bh_utf8_repair(&quoted[0]); /* there is no NUL in it any more */
  return quoted;
}

namespace detail {

template <class Value>
std::string to_json(const Value &value) {
  if constexpr (std::is_convertible_v<const Value &, std::string_view>) {
    return json_quote(value);
  } else if constexpr (std::is_same_v<Value, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_integral_v<Value>) {
    return std::to_string(value);
  } else {
    static_assert(std::is_floating_point_v<Value>, "a list of a result has texts, booleans or numbers");
    if (!std::isfinite(value)) throw error(BH_INVALID, "JSON has no number for one that is not finite");
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.17g", static_cast<double>(value));
    for (char *c = digits; *c != 0; c++)
      if (*c == ',') *c = '.'; /* whatever the locale says */
    return digits;
  }
}

template <class Item>
std::string to_json(const std::vector<Item> &items) {
  std::string json = "[";
  for (std::size_t i = 0; i < items.size(); i++) {
    if (i > 0) json += ',';
    const Item item = items[i]; /* of std::vector<bool> too */
    json += to_json(item);
  }
  return json + "]";
}

}  // namespace detail
}  // namespace bulkhead

#endif
