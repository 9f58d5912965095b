/* Steps: effects on the outside world that are done once, also when the worker dies in the middle.
 *
 *   static int32_t make_vm(bh_ctx *ctx, bh_str token_in, void *arg, bh_str *result_out);
 *   static int32_t find_vm(bh_ctx *ctx, bh_str token_in, void *arg, bh_str *result_out);
 *
 *   bh_str vm;
 *   int32_t code = bh_step(ctx, "create-vm", make_vm, find_vm, &order, &vm);
 *   if (code < 0) return code;
 *
 * The host commits that the step begins, with its token, before it calls `make_vm`, and commits the result after.
 * Should the run be entered again ("repeat": "steps", or a lost job that is run again), then a step whose result is
 * recorded gives that result and `make_vm` is not called; a step that began and has no result asks `find_vm`, which
 * looks for the token at the other side. Put every effect on the outside world into a step, and nothing else of the
 * action has to know that it runs for the second time.
 *
 * Names are the keys: the order of steps may differ from run to run, and a loop gives each turn its own name. The
 * record is kept whatever "repeat" says, for whoever has to find out what came of a lost job. */
#ifndef BULKHEAD_EXT_STEPS_H
#define BULKHEAD_EXT_STEPS_H

#include "../bulkhead.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_STEPS_ID "bh.steps/1"

#define BH_STEP_NAME_LIMIT 128u     /**< bytes of a name */
#define BH_STEP_RESULT_LIMIT 65536u /**< bytes of a result */
#define BH_STEP_COUNT_LIMIT 10000u  /**< steps of one job */

/** Does the step's effect, or looks whether it was done. `token_in` is the same in every run of the job and names
 *  this step of this job and no other: lower-case letters, digits and '-', 55 bytes at most, to be sent as idempotency
 *  token or stored as a tag. What the other side named the thing (its id) goes to `result_out`: text or JSON, copied
 *  when the function returns, empty unless set.
 *  To do it: 0 when it is done, a negative code when it failed. To look: 0 when it was done, BH_NOT_FOUND when it
 *  certainly was not, any other code when that cannot be told.
 *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
typedef int32_t (*bh_step_fn)(bh_ctx *ctx, bh_str token_in, void *arg, bh_str *result_out);

typedef struct bh_steps_table {
  uint32_t size;
  uint32_t flags;
  /** Does one step, or finds that it was done before. `result_out` (may be NULL) is valid until the run ends.
   *   - recorded before: its result, nothing is called
   *   - not begun: `perform` is called; its negative code is returned as it is
   *   - begun in an earlier run, or in this one and `perform` failed: `find` is asked. BH_NOT_FOUND lets `perform` be
   *     called. Any other code but a stop's is BH_UNKNOWN, and so is a `find` that is NULL.
   *  BH_UNKNOWN is for good: whatever the action returns after it, the job becomes `lost`, with what was said as its
   *  reason. BH_BUG: a name that was done in this run already, a step inside a step. BH_INVALID: a name that is empty
   *  or too long, too many steps, a result that is too long (it is not recorded, although the effect is there).
   *  After a stop no step begins; one whose `perform` has returned is recorded.
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  int32_t (*step)(bh_ctx *ctx, bh_str name_in, bh_step_fn perform, bh_step_fn find, void *arg, bh_str *result_out);
  /** The token of the step with that name, begun or not; empty when the name cannot be one. Valid until the run ends.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  bh_str (*token)(bh_ctx *ctx, bh_str name_in);
} bh_steps_table;

/** The table, or NULL.
 *  @thread any @blocking no @cancelpoint no @owner host @since 1 */
static inline const bh_steps_table *bh_steps_of(const bh_ctx *ctx) {
  static const bh_steps_table *cached;
  const bh_steps_table *table = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (table == NULL) {
    table = (const bh_steps_table *)ctx->host->query(ctx->host, bh_text(BH_STEPS_ID));
    __atomic_store_n(&cached, table, __ATOMIC_RELAXED);
  }
  return table;
}

/** Does one step; see bh_steps_table.step. A result that was given has a NUL behind it.
 *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
static inline int32_t bh_step(bh_ctx *ctx, const char *name, bh_step_fn perform, bh_step_fn find, void *arg,
                              bh_str *result_out) {
  const bh_steps_table *table = bh_steps_of(ctx);
  if (!BH_HAS(table, step)) return BH_UNSUPPORTED;
  return table->step(ctx, bh_text(name), perform, find, arg, result_out);
}

/** The token of a step; see bh_steps_table.token. NUL-terminated.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline bh_str bh_step_token(bh_ctx *ctx, const char *name) {
  const bh_steps_table *table = bh_steps_of(ctx);
  bh_str none = {NULL, 0};
  return BH_HAS(table, token) ? table->token(ctx, bh_text(name)) : none;
}

/** A `find` for steps that may simply be done again, because the other side takes the token as its idempotency key:
 *  answers BH_NOT_FOUND.
 *  @thread run @blocking no @cancelpoint no @owner none @since 1 */
static inline int32_t bh_step_again(bh_ctx *ctx, bh_str token_in, void *arg, bh_str *result_out) {
  (void)ctx;
  (void)token_in;
  (void)arg;
  (void)result_out;
  return BH_NOT_FOUND;
}

#ifdef __cplusplus
}
#endif

#endif
