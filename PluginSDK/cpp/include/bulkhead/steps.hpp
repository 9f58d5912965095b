/* Steps and reconcile entries with functions, values and exceptions. See bulkhead.hpp, and the two C headers. */
#ifndef BULKHEAD_STEPS_HPP
#define BULKHEAD_STEPS_HPP

#include <bulkhead/ext/reconcile.h>
#include <bulkhead/ext/steps.h>

#include "cleanup.hpp"
#include "context.hpp"
#include "error.hpp"

#include <cxxabi.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace bulkhead {

/** For `step`: it may simply be done again, because the other side takes the token as its idempotency key. */
struct do_again {};

/** For `step`: nobody can find out whether it was done. */
struct cannot_tell {};

namespace detail {

/** One call of `step`, while the host is in it. */
template <class Perform, class Find>
struct step_call {
  Perform &perform;
  Find &find;
  std::string text{};              /**< the result, until the host has copied it */
  std::exception_ptr thrown{};     /**< by `perform`: goes on to the caller of `step` */

  static std::int32_t run(bh_ctx *raw, bh_str token, void *argument, bh_str *result_out) {
    auto &call = *static_cast<step_call *>(argument);
    call.text.clear();
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<Perform &, std::string_view>>) {
        call.perform(to_view(token));
      } else {
        call.text = call.perform(to_view(token));
      }
#ifdef __GLIBCXX__
    } catch (const abi::__forced_unwind &) {
      throw;
#endif
    } catch (const stopped &stop) {
      return call.keep(stop.code());
    } catch (const error &failure) {
      return call.keep(failure.code() < 0 ? failure.code() : BH_BUG);
    } catch (...) {
      return call.keep(BH_BUG);
    }
    *result_out = to_str(call.text);
    (void)raw;
    return BH_OK;
  }

  static std::int32_t look(bh_ctx *raw, bh_str token, void *argument, bh_str *result_out) {
    auto &call = *static_cast<step_call *>(argument);
    call.text.clear();
    bool was_looked = false;
    const std::int32_t code = at_border(raw, [&]() -> std::int32_t {
      std::optional<std::string> found = call.find(to_view(token));
      was_looked = true;
      if (!found) return BH_NOT_FOUND;
      call.text = *std::move(found);
      return BH_OK;
    });
    /* Only an empty answer says "certainly not done", never a failure that has the same code. */
    if (!was_looked && code == BH_NOT_FOUND) return BH_UNKNOWN;
    *result_out = to_str(call.text);
    return code;
  }

  std::int32_t keep(std::int32_t code) noexcept {
    thrown = std::current_exception();
    return code;
  }
};

}  // namespace detail

/** Does one effect on the outside world once, over all runs of the job, and gives its result, which is good until
 *  the run ends.
 *
 *    auto vm = bulkhead::step(ctx, "create-vm",
 *      [&](std::string_view token) { return cloud.create(name, token); },       // std::string, or nothing
 *      [&](std::string_view token) { return cloud.find_by_tag(token); });       // std::optional<std::string>
 *
 *  `perform` does it and gives what the other side named the thing; what it throws is thrown on. `find` is asked
 *  when it began and nobody knows how it ended: a value when it was done, std::nullopt when it certainly was not; it
 *  throws when it cannot tell. In its place may stand do_again{} or cannot_tell{}. When nobody can tell, `step` throws
 *  stopped(BH_UNKNOWN): the job becomes lost.
 *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
template <class Perform, class Find>
std::string_view step(context &ctx, std::string_view name, Perform perform, Find find) {
  static_assert(std::is_invocable_v<Perform &, std::string_view>, "perform takes the token, a std::string_view");
  constexpr bool is_again = std::is_same_v<Find, do_again>, is_silent = std::is_same_v<Find, cannot_tell>;
  const bh_steps_table &table = detail::need(bh_steps_of(ctx.raw()), BH_STEPS_ID);
  using call_type = detail::step_call<Perform, Find>;
  call_type call{perform, find};
  bh_step_fn look = nullptr;
  if constexpr (is_again) look = bh_step_again;
  else if constexpr (!is_silent) look = call_type::look;
  bh_str result = {nullptr, 0};
  const std::int32_t code = table.step(ctx.raw(), to_str(name), call_type::run, look, &call, &result);
  if (code < 0 && code != BH_UNKNOWN && call.thrown) std::rethrow_exception(call.thrown);
  detail::check(code, "do the step " + std::string(name));
  return to_view(result);
}

/** The token of the step with that name, begun or not; good until the run ends.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
inline std::string_view step_token(context &ctx, std::string_view name) {
  return to_view(detail::need(bh_steps_of(ctx.raw()), BH_STEPS_ID).token(ctx.raw(), to_str(name)));
}

/* ------------------------------------------------------------------ reconcile */

/** What came of a lost job. An entry that cannot tell throws instead. */
class answer {
 public:
  /** All of it was done. The result is what the entry has set. */
  static answer done(std::string text = {}) { return answer(BH_RECONCILE_DONE, std::move(text)); }
  /** It was begun, and is over without success. */
  static answer failed(std::string text) { return answer(BH_RECONCILE_FAILED, std::move(text)); }
  /** The outside world is as before: it may be run again. */
  static answer not_started(std::string text) { return answer(BH_RECONCILE_NOT_STARTED, std::move(text)); }

  std::uint32_t kind() const noexcept { return kind_; }
  const std::string &text() const noexcept { return text_; }

 private:
  answer(std::uint32_t kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  std::uint32_t kind_;
  std::string text_;
};

/** The lost job, in a reconcile entry. Texts are good until the run ends. */
class lost_job {
 public:
  /** Throws error(BH_UNSUPPORTED) where the host has no reconcile entries.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  explicit lost_job(context &ctx) : raw_(ctx.raw()), table_(detail::need(bh_reconcile_of(raw_), BH_RECONCILE_ID)) {}

  /** The name of its action.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  std::string_view action() const { return to_view(table_.action(raw_)); }

  /** Why it is lost.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  std::string_view reason() const { return to_view(table_.reason(raw_)); }

  /** Its steps, in the order in which they began.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  std::vector<bh_lost_step> steps() const {
    std::vector<bh_lost_step> all;
    bh_lost_step one;
    for (std::int32_t code; (code = table_.step(raw_, all.size(), &one)) != BH_NOT_FOUND; all.push_back(one))
      detail::check(code, "read the steps of the lost job");
    return all;
  }

 private:
  bh_ctx *raw_;
  const bh_reconcile_table &table_;
};

/** A reconcile entry as the ABI wants it: `BH_ACTION("create.reconcile", bulkhead::reconcile<look>)`, where
 *  `bulkhead::answer look(bulkhead::context &)` changes nothing and answers. What it throws says that it cannot tell.
 *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
template <auto Function>
std::int32_t reconcile(bh_ctx *raw) {
  context ctx(raw);
  const std::int32_t code = detail::at_border(raw, [&]() -> std::int32_t {
    const answer given = Function(ctx);
    const bh_reconcile_table &table = detail::need(bh_reconcile_of(raw), BH_RECONCILE_ID);
    return detail::check(table.answer(raw, given.kind(), to_str(given.text())), "answer");
  });
  detail::end_of_action(ctx.cleanups_, code);
  return code;
}

}  // namespace bulkhead

#endif
