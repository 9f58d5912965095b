/* Reading CSV as RFC 4180 has it: commas, quotes doubled within quotes, line ends of either kind, also within
 * quotes. No plug-in matter in here. */
#ifndef INVENTORY_CSV_CSV_HPP
#define INVENTORY_CSV_CSV_HPP

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace csv {

/** One record of the file. */
struct row {
  std::size_t line = 0; /**< where it begins, from 1 */
  std::vector<std::string> cells;
  std::string problem; /**< why it is no row; empty when it is one */
};

class reader {
 public:
  /** More than this in one row is a missing quote rather than a row. */
  static constexpr std::size_t longest = 64 * 1024;

  explicit reader(std::istream &in) : in_(in) {
    if (in_.peek() == 0xEF) in_.ignore(3); /* a byte order mark */
  }

  /** The next row that is not empty; nothing at the end of the file. */
  std::optional<row> next() {
    for (;;) {
      if (in_.peek() == std::istream::traits_type::eof()) return std::nullopt;
      row read = one();
      if (read.cells.size() > 1 || !read.cells[0].empty() || !read.problem.empty()) return read;
    }
  }

 private:
  row one() {
    row read;
    read.line = line_;
    std::string cell;
    std::size_t bytes = 0;
    bool is_quoted = false, was_quoted = false;
    for (int byte = in_.get();; byte = in_.get()) {
      if (byte == std::istream::traits_type::eof()) {
        if (is_quoted) read.problem = "a quote is not closed";
        break;
      }
      if (byte == '\n') line_++;
      if (++bytes > longest) {
        if (read.problem.empty()) read.problem = "it is longer than 64 KiB: is a quote missing?";
        is_quoted = false;
      }
      if (is_quoted) {
        if (byte != '"') cell.push_back(static_cast<char>(byte));
        else if (in_.peek() == '"') cell.push_back(static_cast<char>(in_.get()));
        else is_quoted = false;
      } else if (byte == '\n') {
        break;
      } else if (byte == ',') {
        read.cells.push_back(trimmed(std::exchange(cell, {}), std::exchange(was_quoted, false)));
      } else if (byte == '"' && cell.empty() && !was_quoted) {
        is_quoted = was_quoted = true;
      } else if (byte != '\r' && bytes <= longest) {
        if (was_quoted && read.problem.empty()) read.problem = "text after a closing quote";
        cell.push_back(static_cast<char>(byte));
      }
    }
    read.cells.push_back(trimmed(std::move(cell), was_quoted));
    return read;
  }

  /** Blanks around a cell mean nothing unless it is quoted. */
  static std::string trimmed(std::string cell, bool was_quoted) {
    if (was_quoted) return cell;
    const auto begin = cell.find_first_not_of(" \t");
    if (begin == std::string::npos) return {};
    return cell.substr(begin, cell.find_last_not_of(" \t") - begin + 1);
  }

  std::istream &in_;
  std::size_t line_ = 1;
};

}  // namespace csv

#endif
