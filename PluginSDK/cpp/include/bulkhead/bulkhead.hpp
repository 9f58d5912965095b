/* Bulkhead for C++17 and C++20: the C headers with RAII, exceptions and types. Header-only; nothing to link.
 *
 *     #include <bulkhead/bulkhead.hpp>
 *
 *     static void greet(bulkhead::context &ctx) {
 *       const auto name = ctx.param<std::string_view>("name");
 *       ctx.info("Hello, " + std::string(name) + "!");
 *       ctx.sleep(std::chrono::seconds(1));            // throws bulkhead::stopped when the job is cancelled
 *       ctx.result("greeted", 1);
 *     }
 *
 *     static const bh_action actions[] = {BH_ACTION("greet", bulkhead::action<greet>)};
 *     BH_PLUGIN(actions)
 *
 * What it is: inline code over the C tables, compiled into the plug-in. Nothing of C++ crosses the border: no
 * exception, no object, no symbol. The promise of the C ABI holds unchanged, and C calls may be mixed in
 * (`ctx.raw()` is the bh_ctx).
 *
 * What it needs: exceptions (`-fno-exceptions` does not compile), no RTTI (`-fno-rtti` is fine), gcc or clang.
 *
 * How it fails: functions that return a negative code in C throw here.
 *   bulkhead::stopped   the run has to end now (cancel, deadline, lost job). Let it pass; destructors tidy up.
 *   bulkhead::error     anything else, with the code and the text that the job is to fail with.
 *
 * The tags are those of the C headers: @thread who may call · @blocking may it wait · @cancelpoint does it
 * throw bulkhead::stopped · @owner who owns what crosses · @since the ABI level that it needs.
 */
#ifndef BULKHEAD_BULKHEAD_HPP
#define BULKHEAD_BULKHEAD_HPP

#include <bulkhead/all.h>

#include "action.hpp"
#include "cleanup.hpp"
#include "context.hpp"
#include "error.hpp"
#include "memory.hpp"
#include "records.hpp"
#include "steps.hpp"

#endif
