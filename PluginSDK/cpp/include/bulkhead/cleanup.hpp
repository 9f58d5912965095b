/* What to undo when the run ends badly, as a function object. See bulkhead.hpp. */
#ifndef BULKHEAD_CLEANUP_HPP
#define BULKHEAD_CLEANUP_HPP

#include <bulkhead/ext/cleanup.h>

#include "context.hpp"
#include "error.hpp"

#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace bulkhead {
namespace detail {

/** "a bug in the plug-in: it threw std::out_of_range: vector::at". Allocates nothing that has to succeed. */
inline std::int32_t report_bug(bh_ctx *raw, const char *what) noexcept {
  const std::type_info *type = abi::__cxa_current_exception_type();
  int status = 0;
  char *readable = type == nullptr ? nullptr : abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
  const char *name = readable != nullptr ? readable : type != nullptr ? type->name() : "something";
  char text[1024];
  std::snprintf(text, sizeof text, "the plug-in threw %s%s%s", name, what == nullptr ? "" : ": ",
                what == nullptr ? "" : what);
  std::free(readable);
  return bh_fail(raw, BH_BUG, text);
}

/** Runs `body`, which returns a code. No exception leaves, but for forced unwinding. */
template <class Body>
std::int32_t at_border(bh_ctx *raw, Body &&body) {
  try {
    return body();
#ifdef __GLIBCXX__
  } catch (const abi::__forced_unwind &) {
    throw; /* pthread_exit and the like: swallowing it ends the process */
#endif
  } catch (const stopped &stop) {
    return stop.code();
  } catch (const error &failure) {
    /* A success cannot be thrown: say so instead of passing it on. */
    if (failure.code() >= 0 && failure.code() != BH_WARNING) return report_bug(raw, failure.what());
    return raw->host->fail(raw, failure.code(), to_str(failure.message()), to_str(failure.detail_json()));
  } catch (const std::bad_alloc &) {
    return bh_fail(raw, BH_MEMORY, "out of memory");
  } catch (const std::system_error &failure) {
    return bh_fail(raw, BH_IO, failure.what());
  } catch (const std::exception &failure) {
    return report_bug(raw, failure.what());
  } catch (...) {
    return report_bug(raw, nullptr);
  }
}

/** One function object that waits to be called by the host. It lies in the run's own memory. */
struct cleanup_node {
  cleanup_node *next = nullptr;
  cleanup_node *previous = nullptr;
  cleanup_list *list = nullptr; /**< of the context that it was pushed through, until its action has returned */
  std::uint32_t when = BH_ON_FAIL;
  std::int64_t id = 0;
  bool is_spent = false; /**< the function object is gone */
  void (*call)(cleanup_node *, context &) = nullptr;
  void (*destroy)(cleanup_node *) = nullptr;

  void end() noexcept {
    if (!is_spent) destroy(this);
    is_spent = true;
  }
};

inline void cleanup_list::add(cleanup_node *node) noexcept {
  while (is_busy.test_and_set(std::memory_order_acquire)) {
  }
  node->list = this;
  node->next = newest;
  if (newest != nullptr) newest->previous = node;
  newest = node;
  is_busy.clear(std::memory_order_release);
}

inline void cleanup_list::remove(cleanup_node *node) noexcept {
  while (is_busy.test_and_set(std::memory_order_acquire)) {
  }
  (node->previous != nullptr ? node->previous->next : newest) = node->next;
  if (node->next != nullptr) node->next->previous = node->previous;
  is_busy.clear(std::memory_order_release);
}

template <class Function>
struct cleanup_of : cleanup_node {
  Function function;

  explicit cleanup_of(Function &&given) : function(std::move(given)) {
    call = [](cleanup_node *node, context &ctx) { static_cast<cleanup_of *>(node)->function(ctx); };
    destroy = [](cleanup_node *node) { static_cast<cleanup_of *>(node)->function.~Function(); };
  }
  ~cleanup_of() = delete; /* `end` destroys the function, the host frees the rest */
};

/** What the host calls. */
inline std::int32_t run_cleanup(bh_ctx *raw, void *argument) {
  auto *node = static_cast<cleanup_node *>(argument);
  const std::int32_t code = at_border(raw, [&]() -> std::int32_t {
    context ctx(raw);
    node->call(node, ctx);
    return BH_OK;
  });
  node->end();
  return code;
}

/** The action has returned, and its context goes. The host calls no BH_ON_FAIL entry of a run that succeeded: end
 *  their function objects here. */
inline void end_of_action(cleanup_list &list, std::int32_t code) noexcept {
  const bool has_succeeded = code == BH_OK || code == BH_WARNING;
  for (cleanup_node *node = list.newest; node != nullptr; node = node->next) {
    node->list = nullptr;
    if (has_succeeded && node->when == BH_ON_FAIL) node->end();
  }
}

}  // namespace detail

/** A clean-up that was pushed. Its end is no drop: the host keeps the entry until the run ends. It can be moved. */
class cleanup {
 public:
  cleanup(cleanup &&other) noexcept : raw_(other.raw_), node_(std::exchange(other.node_, nullptr)) {}
  cleanup &operator=(cleanup &&other) noexcept {
    raw_ = other.raw_;
    node_ = std::exchange(other.node_, nullptr);
    return *this;
  }

  /** Pushes `function`, called as `function(bulkhead::context &)`: when the run has failed or was cancelled
   *  (BH_ON_FAIL), or whenever it ends (BH_ALWAYS). `what` names the thing for people ("delete VM web-1"): if
   *  it cannot be undone, it is stored with the job as left behind. `function` may throw to say so.
   *
   *  The host calls it after the action has returned, last first. So capture by value, and take the context
   *  that it is given: locals of the action and its context are gone by then. Push before the outside world
   *  can change. Throws std::bad_alloc or error.
   *  @thread any of the run @blocking no @cancelpoint no @owner ctx @since 1 */
  template <class Function>
  cleanup(context &ctx, std::uint32_t when, std::string_view what, Function function) : raw_(ctx.raw()) {
    using node_type = detail::cleanup_of<Function>;
    static_assert(std::is_invocable_v<Function &, context &>, "a clean-up takes bulkhead::context &");
    const bh_cleanup_table &table = detail::need(bh_cleanup_of(raw_), BH_CLEANUP_ID);
    void *memory = raw_->host->alloc(raw_, sizeof(node_type), alignof(node_type));
    if (memory == nullptr) throw std::bad_alloc();
    node_ = new (memory) node_type(std::move(function));
    node_->when = when;
    std::uint64_t id = 0;
    const std::int32_t code = table.push(raw_, when, to_str(what), detail::run_cleanup, node_, &id);
    if (code < 0) {
      node_->end();
      bh_free(raw_, memory);
      detail::check(code, "push the clean-up \"" + std::string(what) + "\"");
    }
    node_->id = static_cast<std::int64_t>(id);
    ctx.cleanups_.add(node_);
  }

  /** Takes the entry back, and gives its memory back: the thing is wanted now, or gone. A second time does nothing.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  void drop() {
    if (node_ == nullptr || node_->is_spent) return;
    detail::check(bh_cleanup_drop(raw_, node_->id), "drop a clean-up");
    node_->end();
    /* A loop with a clean-up in each turn must not fill the run's memory. */
    detail::cleanup_node *const node = std::exchange(node_, nullptr);
    if (node->list == nullptr) return;
    node->list->remove(node);
    bh_free(raw_, node);
  }

  /** Runs it now and takes it back. When it throws, the entry stays and the host tries once more at the end.
   *  @thread run @blocking yes @cancelpoint yes @owner none @since 1 */
  void run_now(context &ctx) {
    if (node_ == nullptr || node_->is_spent) return;
    node_->call(node_, ctx);
    drop();
  }

 private:
  bh_ctx *raw_;
  detail::cleanup_node *node_ = nullptr;
};

/** Undo this when the run fails or is cancelled.
 *  @thread any of the run @blocking no @cancelpoint no @owner ctx @since 1 */
template <class Function>
cleanup on_fail(context &ctx, std::string_view what, Function function) {
  return cleanup(ctx, BH_ON_FAIL, what, std::move(function));
}

/** Do this whenever the run ends.
 *  @thread any of the run @blocking no @cancelpoint no @owner ctx @since 1 */
template <class Function>
cleanup always(context &ctx, std::string_view what, Function function) {
  return cleanup(ctx, BH_ALWAYS, what, std::move(function));
}

/** A clean-up of a scope: leaving it in the ordinary way runs the function at once; leaving it by an exception
 *  leaves it to the host, which runs it with a fresh stop flag and keeps the name of what could not be undone.
 *  When the function fails at the end of the scope, the host tries once more at the end of the run.
 *  @thread run @blocking yes @cancelpoint yes @owner ctx @since 1 */
class [[nodiscard]] scope_cleanup {
 public:
  template <class Function>
  scope_cleanup(context &ctx, std::string_view what, Function function)
      : ctx_(ctx), entry_(ctx, BH_ALWAYS, what, std::move(function)), before_(std::uncaught_exceptions()) {}

  ~scope_cleanup() noexcept(false) {
    if (std::uncaught_exceptions() > before_) return;
    try {
      entry_.run_now(ctx_);
    } catch (const stopped &) {
    } catch (const std::exception &) {
    }
  }
  scope_cleanup(const scope_cleanup &) = delete;
  scope_cleanup &operator=(const scope_cleanup &) = delete;

  /** Takes it back: the thing is to stay.
   *  @thread run @blocking no @cancelpoint no @owner none @since 1 */
  void dismiss() { entry_.drop(); }

 private:
  context &ctx_;
  cleanup entry_;
  int before_;
};

}  // namespace bulkhead

#endif
