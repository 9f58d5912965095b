/* One run of one job: parameters, log, progress, result, stops, waiting. See bulkhead.hpp. */
#ifndef BULKHEAD_CONTEXT_HPP
#define BULKHEAD_CONTEXT_HPP

#include <bulkhead/all.h>

#include "error.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace bulkhead {

/** Levels of a log line. */
enum class level : std::uint32_t { debug = BH_DEBUG, info = BH_INFO, warn = BH_WARN, error = BH_ERROR };

namespace detail {

struct cleanup_node; /* cleanup.hpp */

/** The clean-ups that were pushed through a context, newest first. Threads of the run may push and drop at once. */
struct cleanup_list {
  cleanup_node *newest = nullptr;
  std::atomic_flag is_busy = ATOMIC_FLAG_INIT; /**< held for a few instructions */

  void add(cleanup_node *node) noexcept;
  void remove(cleanup_node *node) noexcept;
};

/** Reads one parameter into `out`: BH_OK or a negative code. Only the types below can be read. */
inline std::int32_t read(bh_ctx *ctx, const bh_params_table &table, bh_str path, std::string_view &out) {
  bh_str text = {nullptr, 0};
  const std::int32_t code = table.get_str(ctx, path, &text);
  if (code == BH_OK) out = to_view(text);
  return code;
}

inline std::int32_t read(bh_ctx *ctx, const bh_params_table &table, bh_str path, std::string &out) {
  std::string_view text;
  const std::int32_t code = read(ctx, table, path, text);
  if (code == BH_OK) out.assign(text);
  return code;
}

inline std::int32_t read(bh_ctx *ctx, const bh_params_table &table, bh_str path, bool &out) {
  std::int32_t flag = 0;
  const std::int32_t code = table.get_bool(ctx, path, &flag);
  if (code == BH_OK) out = flag != 0;
  return code;
}

template <class Number>
std::enable_if_t<std::is_arithmetic_v<Number>, std::int32_t> read(bh_ctx *ctx, const bh_params_table &table,
                                                                  bh_str path, Number &out) {
  if constexpr (std::is_floating_point_v<Number>) {
    double number = 0;
    const std::int32_t code = table.get_f64(ctx, path, &number);
    if (code == BH_OK) out = static_cast<Number>(number);
    return code;
  } else {
    std::int64_t number = 0;
    const std::int32_t code = table.get_i64(ctx, path, &number);
    if (code != BH_OK) return code;
    out = static_cast<Number>(number);
    const bool is_whole = static_cast<std::int64_t>(out) == number && (out < Number(0)) == (number < 0);
    return is_whole ? BH_OK : BH_INVALID;
  }
}

}  // namespace detail

/** One run. An action gets it and every call goes through it; it is good until the action returns, and a
 *  clean-up gets one of its own. It cannot be copied: keep a reference, and no longer than that. */
class context {
 public:
  explicit context(bh_ctx *raw) noexcept : raw_(raw) {}
  context(const context &) = delete;
  context &operator=(const context &) = delete;

  /** For calls of the C headers.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  bh_ctx *raw() const noexcept { return raw_; }

  /** The number of the job, as the command shows it.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  std::uint64_t job_id() const noexcept { return raw_->job_id; }

  /** Rises with every claim of the job: a token for the outside world.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  std::uint64_t fence() const noexcept { return raw_->fence; }

  /** 1 at the first run of the job.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  std::uint32_t attempt() const noexcept { return raw_->attempt; }

  /* ---------------------------------------------------------------- parameters */

  /** One parameter, or nothing when it was not given and has no default. `path` is a member name, or names
   *  joined by '/'. T is std::string_view (good until the run ends), std::string, bool, or a number. Throws
   *  error(BH_INVALID) when it has another type, or does not fit into T.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  template <class T>
  std::optional<T> find_param(std::string_view path) const {
    T value{};
    const std::int32_t code =
        detail::read(raw_, detail::need(bh_params_of(raw_), BH_PARAMS_ID), to_str(path), value);
    if (code == BH_OK) return value;
    if (code == BH_NOT_FOUND) return std::nullopt;
    if (code == BH_INVALID)
      throw error(code, "the parameter " + std::string(path) + " has another type than the plug-in reads");
    throw error(code, "cannot read the parameter " + std::string(path) + ": " + detail::name(code));
  }

  /** As find_param, for one that is always there: "required" or "default" in the manifest. Throws
   *  error(BH_NOT_FOUND) when it is not.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  template <class T>
  T param(std::string_view path) const {
    if (auto value = find_param<T>(path)) return *std::move(value);
    throw error(BH_NOT_FOUND, "the parameter " + std::string(path) + " was not given");
  }

  /** As find_param, or `fallback` when it was not given.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  template <class T>
  T param_or(std::string_view path, T fallback) const {
    auto value = find_param<T>(path);
    return value ? *std::move(value) : std::move(fallback);
  }

  /** As find_param, or the text `fallback`.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  std::string_view param_or(std::string_view path, const char *fallback) const {
    return param_or<std::string_view>(path, std::string_view(fallback));
  }

  /** How many items a list has, or members an object; 0 when it was not given. An item is a parameter like others:
   *  `for (std::uint64_t i = 0; i < ctx.param_count("disks"); i++)
   *     use(ctx.param<std::string_view>("disks/" + std::to_string(i)));`
   *  Throws error(BH_INVALID) for what is neither list nor object.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  std::uint64_t param_count(std::string_view path) const {
    std::uint64_t count = 0;
    const std::int32_t code = detail::need(bh_params_of(raw_), BH_PARAMS_ID).count(raw_, to_str(path), &count);
    if (code == BH_NOT_FOUND) return 0;
    detail::check(code, "count the items of the parameter " + std::string(path));
    return count;
  }

  /** All parameters as one JSON object, defaults filled in: for a JSON library of your own.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  std::string_view params_json() const { return to_view(bh_params_json(raw_)); }

  /* ---------------------------------------------------------------- log, progress, result */

  /** Adds one line to the job's log. Never throws, works after a stop.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  void log(level of, std::string_view text) const noexcept {
    const bh_log_table *table = bh_log_of(raw_);
    if (BH_HAS(table, write)) table->write(raw_, static_cast<std::uint32_t>(of), to_str(text));
  }

  /** log, with the level in its name.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  void debug(std::string_view text) const noexcept { log(level::debug, text); }
  /** @copydoc debug */
  void info(std::string_view text) const noexcept { log(level::info, text); }
  /** @copydoc debug */
  void warn(std::string_view text) const noexcept { log(level::warn, text); }

  /** `done` of `total` (0: not known), and what is being done now. Never throws, works after a stop.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  void progress(std::uint64_t done, std::uint64_t total, std::string_view text = {}) const noexcept {
    const bh_progress_table *table = bh_progress_of(raw_);
    if (BH_HAS(table, report)) table->report(raw_, done, total, to_str(text));
  }

  /** Adds or replaces one text member of the result.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  void result(std::string_view name, std::string_view value) const {
    const bh_result_table &table = detail::need(bh_result_of(raw_), BH_RESULT_ID);
    detail::check(table.set_str(raw_, to_str(name), to_str(value)), "set the result");
  }

  /** Adds or replaces one integer member of the result.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  template <class Integer,
            class = std::enable_if_t<std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>>>
  void result(std::string_view name, Integer value) const {
    const bh_result_table &table = detail::need(bh_result_of(raw_), BH_RESULT_ID);
    if constexpr (sizeof(Integer) == 8 && std::is_unsigned_v<Integer>) {
      if (value > static_cast<Integer>(std::numeric_limits<std::int64_t>::max()))
        throw error(BH_INVALID, "the result " + std::string(name) + " is too large for an integer");
    }
    detail::check(table.set_i64(raw_, to_str(name), static_cast<std::int64_t>(value)), "set the result");
  }

  /** Adds or replaces one boolean or number. Throws error(BH_INVALID) for a number that is not finite.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  template <class Value,
            class = std::enable_if_t<std::is_floating_point_v<Value> || std::is_same_v<Value, bool>>, class = void>
  void result(std::string_view name, Value value) const {
    const bh_result_table &table = detail::need(bh_result_of(raw_), BH_RESULT_ID);
    std::int32_t code;
    if constexpr (std::is_same_v<Value, bool>) code = table.set_bool(raw_, to_str(name), value ? 1 : 0);
    else code = table.set_f64(raw_, to_str(name), static_cast<double>(value));
    detail::check(code, "set the result " + std::string(name));
  }

  /** Adds or replaces one member of any type, given as JSON: `ctx.result_value("disks", "[\"a\",\"b\"]");`
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  void result_value(std::string_view name, std::string_view json) const {
    const bh_result_table &table = detail::need(bh_result_of(raw_), BH_RESULT_ID);
    detail::check(table.set_value(raw_, to_str(name), to_str(json)), "set the result " + std::string(name));
  }

  /** Sets the whole result: one JSON object, at most 1 MiB. Replaces what was set before.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  void result_json(std::string_view json) const {
    const bh_result_table &table = detail::need(bh_result_of(raw_), BH_RESULT_ID);
    detail::check(table.set_json(raw_, to_str(json)), "set the result (it has to be one JSON object)");
  }

  /** Says what was left out, and gives the code to return: `return ctx.warning("2 lines could not be read");`
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  std::int32_t warning(std::string_view text, std::string_view detail_json = {}) const noexcept {
    return raw_->host->fail(raw_, BH_WARNING, to_str(text), to_str(detail_json));
  }

  /* ---------------------------------------------------------------- stops and waiting */

  /** Put this into every loop: throws `stopped` when the run has to end. One relaxed load when there is
   *  nothing to tell. `done` more items are counted, so that the host sees the job move.
   *  @thread run @blocking no @cancelpoint yes @owner none @since 1 */
  void checkpoint(std::uint64_t done = 0) const {
    const std::int32_t code = done == 0 ? bh_checkpoint(raw_) : bh_checkpoint_n(raw_, done);
    if (__builtin_expect(code < 0, 0)) throw stopped(code);
  }

  /** True when the run has to end: for code that cannot throw, such as a callback of a library.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  bool stop_requested() const noexcept { return bh_stop_requested(raw_) != 0; }

  /** Sleeps; ends at once with `stopped` when the job is cancelled. Parts of a millisecond are rounded up,
   *  negative times are none.
   *  @thread run @blocking yes @cancelpoint yes @owner none @since 1 */
  template <class Rep, class Period>
  void sleep(std::chrono::duration<Rep, Period> time) const {
    detail::check(bh_sleep(raw_, static_cast<std::uint64_t>(milliseconds(time))), "sleep");
  }

  /** poll(2) that also wakes on a stop: the number of descriptors that are ready, 0 when `timeout` has passed
   *  (none: no limit). `fds` is an array, vector or span of bh_poll.
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  template <class Fds, class Rep = std::int64_t, class Period = std::milli>
  std::size_t poll(Fds &fds, std::optional<std::chrono::duration<Rep, Period>> timeout = std::nullopt) const {
    const std::int64_t limit = timeout ? milliseconds(*timeout) : -1;
    const std::int32_t code = bh_poll_fds(raw_, std::data(fds), std::size(fds), limit);
    return static_cast<std::size_t>(detail::check(code, "wait for descriptors"));
  }
  /** @copydoc poll */
  template <class Fds, class Rep, class Period>
  std::size_t poll(Fds &fds, std::chrono::duration<Rep, Period> timeout) const {
    return poll(fds, std::optional<std::chrono::duration<Rep, Period>>(timeout));
  }

  /** A descriptor that becomes readable when a stop is raised, for a loop of another library. Never read from
   *  it or close it.
   *  @thread run @blocking no @cancelpoint no @owner host @since 1 */
  int stop_fd() const { return detail::check(bh_stop_fd(raw_), "make a stop descriptor"); }

 private:
  template <class Rep, class Period>
  static std::int64_t milliseconds(std::chrono::duration<Rep, Period> time) {
    return time.count() <= 0 ? 0 : std::chrono::ceil<std::chrono::milliseconds>(time).count();
  }

  friend class cleanup;
  template <auto Function>
  friend std::int32_t action(bh_ctx *raw);
  template <auto Function>
  friend std::int32_t reconcile(bh_ctx *raw);

  bh_ctx *raw_;
  detail::cleanup_list cleanups_;
};

/** A region that must not be torn: while it lives, checkpoints and calls to the data model go on as if nobody
 *  had asked to stop. Keep it short; sleep and poll still end on a stop.
 *  @thread run @blocking no @cancelpoint no @owner none @since 1 */
class [[nodiscard]] hold {
 public:
  explicit hold(const context &ctx) noexcept : raw_(ctx.raw()) { bh_hold(raw_); }
  ~hold() { bh_release(raw_); }
  hold(const hold &) = delete;
  hold &operator=(const hold &) = delete;

 private:
  bh_ctx *raw_;
};

}  // namespace bulkhead

#endif
