/* inventory-csv: brings the servers of a CSV file into the data model. A whole plug-in in C++.
 *
 * Each row makes a server, or changes the one of that host name; what already is as the file says is left alone.
 * A row that cannot be imported is listed with its line and its reason, the others are imported, and the job ends
 * with a warning. What was imported stays, also when the job is cancelled: running it again does the rest.
 *
 * Build: c++ -std=c++17 -shared -fPIC -I $SDK/include -I $SDK/cpp/include inventory-csv.cpp -o inventory-csv.so
 */
#include <bulkhead/bulkhead.hpp>

#include "csv.hpp"
#include "server_row.hpp"

#include <cerrno>
#include <fstream>
#include <map>
#include <system_error>

BH_MANIFEST({
  "id": "inventory-csv",
  "version": "1.0.0",
  "title": "Inventory from CSV",
  "description": "Brings the servers of a CSV file into the data model.",
  "abi": {"built": 1, "min_host": 1},
  "actions": [{
    "name": "import",
    "kind": "action",
    "title": "Import servers",
    "description": "Makes or changes one server record a row, by host name. Rows that are wrong are listed.",
    "repeat": "idempotent",
    "parameters": {
      "type": "object",
      "properties": {
        "path": {
          "type": "string",
          "title": "File",
          "description": "Absolute path on the worker's machine. The first line names the columns: hostname, ip, cpus, memory_mib, owner, external_id, environment.",
          "pattern": "^/",
          "maxLength": 4095
        },
        "status": {"type": "string", "title": "Status of new servers", "minLength": 1, "maxLength": 64, "default": "active"},
        "dry_run": {"type": "boolean", "title": "Only say what would be done", "default": false}
      },
      "required": ["path"]
    },
    "result": {
      "type": "object",
      "properties": {
        "created": {"type": "integer"},
        "changed": {"type": "integer"},
        "unchanged": {"type": "integer"},
        "refused": {"type": "integer", "description": "Rows that could not be imported."},
        "reasons": {"type": "string", "description": "The first hundred of them, one a line."}
      },
      "required": ["created", "changed", "unchanged", "refused"]
    },
    "deadline_ms": 0,
    "cleanup_ms": 60000
  }],
  "records": [],
  "secrets": []
});

namespace inventory {

/** One run of the import. */
class csv_import {
 public:
  explicit csv_import(bulkhead::context &ctx)
      : ctx_(ctx), servers_(ctx, "server"), environments_(ctx, "environment"),
        status_(ctx.param<std::string>("status")), is_dry_(ctx.param<bool>("dry_run")) {}

  std::int32_t run(const std::string &path) {
    /* Opened here once: a directory opens too, and only the first read says so. */
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file || file.peek() == std::ifstream::traits_type::eof()) {
      const int error = errno;
      if (file.is_open() && error == 0) throw bulkhead::error(BH_INVALID, path + " is empty");
      throw bulkhead::error(error == ENOENT ? BH_NOT_FOUND : BH_IO,
                            "cannot read " + path + ": " + std::generic_category().message(error));
    }
    csv::reader rows(file);
    const auto header = rows.next();
    if (!header) throw bulkhead::error(BH_INVALID, path + " is empty");
    const auto columns = inventory::columns(*header);
    while (const auto row = rows.next()) {
      ctx_.checkpoint(1);
      ctx_.progress(++rows_, 0, "line " + std::to_string(row->line));
      take(columns, *row);
    }
    if (file.bad()) throw bulkhead::error(BH_IO, "cannot read " + path + " to its end");
    return report();
  }

 private:
  /** One row: imported, or noted as refused. A stop and a failure of the host go on their way. */
  void take(const std::vector<column> &columns, const csv::row &row) {
    try {
      if (!row.problem.empty()) throw bad_row{row.problem};
      if (row.cells.size() != columns.size())
        throw bad_row{std::to_string(row.cells.size()) + " cells, not " + std::to_string(columns.size())};
      write(columns, row);
    } catch (const bad_row &bad) {
      refuse(row.line, bad.reason);
    } catch (const bulkhead::error &failure) {
      if (failure.code() != BH_CONFLICT && failure.code() != BH_INVALID) throw;
      refuse(row.line, failure.message());
    }
  }

  void write(const std::vector<column> &columns, const csv::row &row) {
    std::vector<bulkhead::field> fields;
    std::string hostname;
    for (std::size_t i = 0; i < columns.size(); i++) {
      const column &c = columns[i];
      if (row.cells[i].empty() && c.kind != kind::hostname) continue;
      if (c.kind == kind::hostname) hostname = row.cells[i];
      bulkhead::value content = read(c, row.cells[i]);
      if (c.kind == kind::environment) content = bulkhead::value::reference(environment(row.cells[i]));
      fields.push_back({c.name, content});
    }
    if (const auto [first, is_new] = seen_.emplace(hostname, row.line); !is_new)
      throw bad_row{hostname + " is in line " + std::to_string(first->second) + " already"};

    if (const auto id = servers_.find_one("hostname", hostname)) return change(*id, fields);
    if (!is_dry_) {
      fields.push_back({"status", status_});
      fields.push_back({"created_at", bulkhead::value::instant(std::chrono::system_clock::now())});
      servers_.create(fields);
    }
    created_++;
  }

  /** Writes only what differs, and only if nobody else wrote between the look and the write. */
  void change(std::int64_t id, const std::vector<bulkhead::field> &wanted) {
    std::vector<std::string_view> names;
    for (const auto &field : wanted) names.push_back(field.name);
    const auto now = servers_.get(id, names);
    std::vector<bulkhead::field> different;
    for (const auto &field : wanted)
      if (now[field.name] != field.value) different.push_back(field);
    if (!different.empty() && !is_dry_) servers_.set(id, different, now.version);
    (different.empty() ? unchanged_ : changed_)++;
  }

  /** The record of an environment, looked up once each. */
  std::int64_t environment(const std::string &name) {
    if (const auto known = known_environments_.find(name); known != known_environments_.end())
      return known->second;
    const auto id = environments_.find_one("name", name);
    if (!id) throw bad_row{"there is no environment \"" + name + "\""};
    return known_environments_[name] = *id;
  }

  void refuse(std::size_t line, const std::string &reason) {
    const std::string text = "line " + std::to_string(line) + ": " + reason;
    ctx_.warn(text);
    if (++refused_ <= most_reasons) reasons_ += text + "\n";
  }

  std::int32_t report() {
    ctx_.result("created", created_);
    ctx_.result("changed", changed_);
    ctx_.result("unchanged", unchanged_);
    ctx_.result("refused", refused_);
    ctx_.progress(rows_, rows_, is_dry_ ? "nothing was written" : "done");
    if (refused_ == 0) return BH_OK;
    ctx_.result("reasons", reasons_);
    const auto first = reasons_.substr(0, reasons_.find('\n'));
    if (refused_ == rows_)
      throw bulkhead::error(BH_INVALID, "none of the " + std::to_string(rows_) + " rows can be imported; " + first);
    return ctx_.warning(std::to_string(refused_) + " of " + std::to_string(rows_) + " rows were not imported; " +
                        first);
  }

  static constexpr std::uint64_t most_reasons = 100;

  bulkhead::context &ctx_;
  bulkhead::entity servers_, environments_;
  const std::string status_;
  const bool is_dry_;
  std::map<std::string, std::size_t> seen_;
  std::map<std::string, std::int64_t> known_environments_;
  std::uint64_t rows_ = 0, created_ = 0, changed_ = 0, unchanged_ = 0, refused_ = 0;
  std::string reasons_;
};

/* The plug-in's own function reads like a sentence; what goes wrong is thrown where it goes wrong. */
static std::int32_t import_servers(bulkhead::context &ctx) {
  return csv_import(ctx).run(ctx.param<std::string>("path"));
}

}  // namespace inventory

static const bh_action actions[] = {BH_ACTION("import", bulkhead::action<inventory::import_servers>)};
BH_PLUGIN(actions)
