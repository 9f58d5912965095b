/* Records (draft: the C id `bh.draft.records/1` carries no promise, and so does nothing here): the product's data
 * model with names, values and exceptions. See bulkhead.hpp. */
#ifndef BULKHEAD_RECORDS_HPP
#define BULKHEAD_RECORDS_HPP

#include <bulkhead/ext/draft/records.h>

#include "context.hpp"
#include "error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bulkhead {

/** A value of a field. Text is borrowed: from you when you write, from the run when you read. */
class value {
 public:
  value() noexcept : raw_{BH_NULL, 0, 0, 0, {nullptr, 0}} {}
  value(std::nullptr_t) noexcept : value() {}
  explicit value(const bh_value &raw) noexcept : raw_(raw) {}

  template <class Number, class = std::enable_if_t<std::is_arithmetic_v<Number>>>
  value(Number number) noexcept : value() {
    if constexpr (std::is_floating_point_v<Number>) {
      raw_.type = BH_REAL;
      raw_.real = number;
    } else {
      raw_.type = std::is_same_v<Number, bool> ? BH_BOOL : BH_INT;
      raw_.integer = static_cast<std::int64_t>(number);
    }
  }
  value(std::string_view text) noexcept : raw_{BH_STRING, 0, 0, 0, to_str(text)} {}
  value(const char *text) noexcept : value(std::string_view(text)) {}
  value(const std::string &text) noexcept : value(std::string_view(text)) {}

  /** A point in time. Milliseconds are kept. */
  static value instant(std::chrono::system_clock::time_point time) noexcept {
    const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
    return value(bh_value{BH_INSTANT, 0, since.count(), 0, {nullptr, 0}});
  }
  /** The id of a record that the field refers to. */
  static value reference(std::int64_t record) noexcept {
    return value(bh_value{BH_REF, 0, record, 0, {nullptr, 0}});
  }

  bool is_null() const noexcept { return raw_.type == BH_NULL; }
  bool as_bool() const { return typed(BH_BOOL, "a boolean").integer != 0; }
  std::int64_t as_int() const { return typed(BH_INT, "an integer").integer; }
  double as_real() const { return raw_.type == BH_INT ? double(raw_.integer) : typed(BH_REAL, "a number").real; }
  std::string_view as_text() const { return to_view(typed(BH_STRING, "a text").text); }
  std::int64_t as_reference() const { return typed(BH_REF, "a reference").integer; }
  std::chrono::system_clock::time_point as_instant() const {
    return std::chrono::system_clock::time_point(
        std::chrono::milliseconds(typed(BH_INSTANT, "a point in time").integer));
  }

  const bh_value &raw() const noexcept { return raw_; }

  /** Same type and same content. */
  friend bool operator==(const value &left, const value &right) noexcept {
    const bh_value &l = left.raw_, &r = right.raw_;
    if (l.type != r.type) return false;
    if (l.type == BH_STRING) return to_view(l.text) == to_view(r.text);
    return l.type == BH_REAL ? l.real == r.real : l.type == BH_NULL || l.integer == r.integer;
  }
  friend bool operator!=(const value &left, const value &right) noexcept { return !(left == right); }

 private:
  const bh_value &typed(std::uint32_t type, const char *what) const {
    if (raw_.type != type) throw error(BH_INVALID, std::string("the field's value is not ") + what);
    return raw_;
  }

  bh_value raw_;
};

/** A field by its name, with a value to write or to look for. */
struct field {
  std::string_view name;
  bulkhead::value value;
};

/** A record as it was read. */
class record {
 public:
  std::int64_t id = 0;
  std::int64_t version = 0;

  /** A field that was asked for; throws error(BH_NOT_FOUND) for another one. */
  const value &operator[](std::string_view name) const {
    for (const auto &[known, content] : values_)
      if (known == name) return content;
    throw error(BH_NOT_FOUND, "the field " + std::string(name) + " was not read");
  }

 private:
  friend class entity;
  std::vector<std::pair<std::string, value>> values_;
};

/** One kind of record: "server". Names of fields are resolved once each. Every write is durable when it returns;
 *  no transaction is held between calls. Keep it within the run. */
class entity {
 public:
  /** Throws error(BH_NOT_FOUND) when the data model has none of that name, BH_UNSUPPORTED without records.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  entity(context &ctx, std::string_view name)
      : raw_(ctx.raw()), table_(detail::need(bh_records_of(ctx.raw()), BH_RECORDS_ID)), name_(name),
        a_((name.find_first_of("aeiou") == 0 ? "an " : "a ") + name_) {
    const std::int32_t code = table_.entity(raw_, to_str(name), &id_);
    if (code == BH_NOT_FOUND) throw error(code, "there is no entity \"" + name_ + "\"");
    detail::check(code, "look up the entity " + name_);
  }

  /** Ids of the records whose field has that value, ascending.
   *  @thread run @blocking yes @cancelpoint yes @owner none @since 1 */
  std::vector<std::int64_t> find(std::string_view name, const value &wanted) {
    const bh_field_value match = {id_of(name), 0, wanted.raw()};
    std::vector<std::int64_t> ids(16);
    for (;;) {
      std::uint64_t count = 0;
      const std::int32_t code = table_.find(raw_, id_, &match, ids.data(), ids.size(), &count);
      detail::check(code, "look for " + a_ + " by its " + std::string(name));
      if (count < ids.size() || ids.size() >= most_) {
        ids.resize(count);
        return ids;
      }
      ids.resize(ids.size() * 8 < most_ ? ids.size() * 8 : most_);
    }
  }

  /** The first record whose field has that value.
   *  @thread run @blocking yes @cancelpoint yes @owner none @since 1 */
  std::optional<std::int64_t> find_one(std::string_view name, const value &wanted) {
    const bh_field_value match = {id_of(name), 0, wanted.raw()};
    std::int64_t id = 0;
    std::uint64_t count = 0;
    const std::int32_t code = table_.find(raw_, id_, &match, &id, 1, &count);
    detail::check(code, "look for " + a_ + " by its " + std::string(name));
    return count == 0 ? std::nullopt : std::optional(id);
  }

  /** Reads fields of a record, with its version. Throws error(BH_NOT_FOUND) when there is none.
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  record get(std::int64_t id, const std::vector<std::string_view> &names) {
    std::vector<bh_field_value> values;
    for (std::string_view name : names) values.push_back({id_of(name), 0, bulkhead::value().raw()});
    record read;
    read.id = id;
    const std::int32_t code = table_.get(raw_, id_, id, values.data(), values.size(), &read.version);
    check_found(code, id, "read ");
    auto content = values.begin();
    for (std::string_view name : names) read.values_.emplace_back(name, bulkhead::value((content++)->value));
    return read;
  }

  /** Makes a record and gives its id. Throws error(BH_CONFLICT) when its natural key is taken.
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  std::int64_t create(const std::vector<field> &fields) {
    const auto values = resolve(fields);
    std::int64_t id = 0;
    detail::check(table_.create(raw_, id_, values.data(), values.size(), &id), "make " + a_);
    return id;
  }

  /** What `find_or_create` came to. */
  struct found {
    std::int64_t id;
    bool is_new; /* made by this call */
  };

  /** The record whose unique field has that value, or a new one with it and `others`. Of many runs that ask at the same
   *  time one makes it, and the others get that one: they meet BH_CONFLICT and look again. `key` has to be the
   *  entity's unique field (hostname, name): only there is a second record refused. A record that was found is not
   *  changed.
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  found find_or_create(const field &key, const std::vector<field> &others = {}) {
    if (const auto known = find_one(key.name, key.value)) return {*known, false};
    std::vector<field> fields = {key};
    fields.insert(fields.end(), others.begin(), others.end());
    const auto values = resolve(fields);
    std::int64_t id = 0;
    const std::int32_t code = table_.create(raw_, id_, values.data(), values.size(), &id);
    if (code == BH_CONFLICT) {
      if (const auto known = find_one(key.name, key.value)) return {*known, false};
    }
    detail::check(code, "make " + a_);
    return {id, true};
  }

  /** Changes fields and gives the new version. `version` is the one that was read, 0 for "whatever it is";
   *  throws error(BH_CONFLICT) when another write came between.
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  std::int64_t set(std::int64_t id, const std::vector<field> &fields, std::int64_t version = 0) {
    const auto values = resolve(fields);
    std::int64_t written = 0;
    const std::int32_t code =
        table_.set(raw_, id_, id, version, values.data(), values.size(), &written);
    check_found(code, id, "change ");
    return written;
  }

  /** Deletes a record; `version` as in `set`.
   *  @thread run @blocking yes @cancelpoint yes @owner none @since 1 */
  void remove(std::int64_t id, std::int64_t version = 0) {
    check_found(table_.remove(raw_, id_, id, version), id, "delete ");
  }

 private:
  void check_found(std::int32_t code, std::int64_t id, const char *what) const {
    const std::string which = name_ + " " + std::to_string(id);
    if (code == BH_NOT_FOUND) throw error(code, "there is no " + which);
    detail::check(code, what + which);
  }

  std::uint32_t id_of(std::string_view name) {
    for (const auto &[known, id] : fields_)
      if (known == name) return id;
    std::uint32_t id = 0;
    const std::int32_t code = table_.field(raw_, id_, to_str(name), &id);
    if (code == BH_NOT_FOUND) throw error(code, name_ + " has no field \"" + std::string(name) + "\"");
    detail::check(code, "look up the field " + std::string(name));
    fields_.emplace_back(name, id);
    return id;
  }

  std::vector<bh_field_value> resolve(const std::vector<field> &fields) {
    std::vector<bh_field_value> values;
    values.reserve(fields.size());
    for (const field &f : fields) values.push_back({id_of(f.name), 0, f.value.raw()});
    return values;
  }

  static constexpr std::size_t most_ = std::size_t(1) << 20; /* the host's own limit */

  bh_ctx *raw_;
  const bh_records_table &table_;
  std::string name_;
  std::string a_; /* "an environment" */
  std::uint32_t id_ = 0;
  std::vector<std::pair<std::string, std::uint32_t>> fields_;
};

}  // namespace bulkhead

#endif
