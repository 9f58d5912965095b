/* The border between the host and C++: what an action throws becomes the code and the text that its job ends
 * with. See bulkhead.hpp. */
#ifndef BULKHEAD_ACTION_HPP
#define BULKHEAD_ACTION_HPP

#include <bulkhead/bulkhead.h>

#include "cleanup.hpp"
#include "context.hpp"
#include "error.hpp"

#include <type_traits>

namespace bulkhead {

/** A function of yours as the ABI wants it: `BH_ACTION("greet", bulkhead::action<greet>)`. It takes
 *  `bulkhead::context &` and returns nothing, or a code (BH_OK, `ctx.warning(...)`). What it throws ends the job:
 *
 *    bulkhead::stopped     its code: cancelled, timed_out
 *    bulkhead::error       its code and text
 *    std::bad_alloc        BH_MEMORY
 *    std::system_error     BH_IO, with its text: files, sockets, threads (std::filesystem throws it too)
 *    anything else         BH_BUG, with the type's name, and with what() if it is a std::exception
 *
 *  Only the forced unwinding of a thread that is made to end (pthread_exit) passes through.
 *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
template <auto Function>
std::int32_t action(bh_ctx *raw) {
  context ctx(raw);
  const std::int32_t code = detail::at_border(raw, [&]() -> std::int32_t {
    using result = decltype(Function(ctx));
    static_assert(std::is_void_v<result> || std::is_same_v<result, std::int32_t>,
                  "an action returns nothing or an int32_t code");
    if constexpr (std::is_void_v<result>) {
      Function(ctx);
      return BH_OK;
    } else {
      return Function(ctx);
    }
  });
  detail::end_of_action(ctx.cleanups_, code);
  return code;
}

}  // namespace bulkhead

#endif
