/* One row of an inventory as the fields of a server record: what each column means and when it is wrong. */
#ifndef INVENTORY_CSV_SERVER_ROW_HPP
#define INVENTORY_CSV_SERVER_ROW_HPP

#include <bulkhead/bulkhead.hpp>

#include "csv.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace inventory {

/** A row that cannot be imported; the others can. */
struct bad_row {
  std::string reason;
};

enum class kind { hostname, address, count, text, environment };

struct column {
  std::string_view name; /**< in the file's header and in the data model alike */
  inventory::kind kind;
};

inline constexpr std::array<column, 7> known = {{
  {"hostname", kind::hostname},
  {"ip", kind::address},
  {"cpus", kind::count},
  {"memory_mib", kind::count},
  {"owner", kind::text},
  {"external_id", kind::text},
  {"environment", kind::environment},
}};

/** The file's columns, in its order. Throws error(BH_INVALID) for a header that cannot be used: nothing has been
 *  written by then. */
inline std::vector<column> columns(const csv::row &header) {
  std::vector<column> all;
  for (const std::string &name : header.cells) {
    const auto found = std::find_if(known.begin(), known.end(), [&](const column &c) { return c.name == name; });
    if (found == known.end()) {
      std::string names;
      for (const column &c : known) names.append(names.empty() ? "" : ", ").append(c.name);
      throw bulkhead::error(BH_INVALID, "there is no column \"" + name + "\" here (there are: " + names + ")");
    }
    for (const column &other : all)
      if (other.name == name) throw bulkhead::error(BH_INVALID, "the column " + name + " is there twice");
    all.push_back(*found);
  }
  if (std::none_of(all.begin(), all.end(), [](const column &c) { return c.kind == kind::hostname; }))
    throw bulkhead::error(BH_INVALID, "the first line has to name the columns, and hostname has to be among them");
  return all;
}

inline bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::size_t label = 0;
  for (std::size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    const bool is_edge = label == 0 || i + 1 == text.size() || text[i + 1] == '.';
    if (c == '.' ? label == 0 : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && !is_edge)))
      return false;
    label = c == '.' ? 0 : label + 1;
    if (label > 63) return false;
  }
  return label > 0;
}

inline bool is_address(const std::string &text) {
  in6_addr address;
  return inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

inline std::int64_t count(std::string_view name, const std::string &text) {
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || number < 1)
    throw bad_row{std::string(name) + " is no whole number above 0: \"" + text + "\""};
  return number;
}

/** The value of one cell. Throws bad_row. An empty cell says nothing about its field. */
inline bulkhead::value read(const column &c, const std::string &cell) {
  switch (c.kind) {
    case kind::hostname:
      if (!is_hostname(cell)) throw bad_row{"\"" + cell + "\" is no host name in lower case"};
      return cell;
    case kind::address:
      if (!is_address(cell)) throw bad_row{"\"" + cell + "\" is no IP address"};
      return cell;
    case kind::count: return count(c.name, cell);
    case kind::text:
    case kind::environment: return cell;
  }
  return nullptr;
}

}  // namespace inventory

#endif
