/* Reconcile: says what came of a job that is `lost` (its worker ended, or a step could not be told), by asking the
 * outside world. An entry of the manifest's kind `reconcile` names the actions that it speaks for:
 *
 *   {"name": "server.create.reconcile", "kind": "reconcile", "reconciles": ["server.create"]}
 *
 *   static int32_t create_reconcile(bh_ctx *ctx) {
 *     struct vm vm;
 *     int32_t code = cloud_find(bh_step_token(ctx, "create-vm").ptr, &vm);
 *     if (code == NOT_THERE) return bh_reconcile_not_started(ctx, "the cloud has no such VM");
 *     if (code != FOUND) return bh_failf(ctx, BH_REMOTE, "the cloud does not answer: %d", code);
 *     bh_result_str(ctx, "vm", vm.id);
 *     return bh_reconcile_done(ctx);
 *   }
 *
 * It is run by the engine soon after the job became lost, again after a while as long as it cannot tell, and when
 * somebody asks (`bulkhead jobs reconcile ID`). It has the lost job's parameters, id, fence and attempt; it may read
 * records, wait, log and set the result. It changes nothing: steps and writes to records give BH_DENIED.
 * What it has to return is one of the answers below. An entry that returns without an answer, or a negative code, has
 * said that it does not know; the job stays lost. */
#ifndef BULKHEAD_EXT_RECONCILE_H
#define BULKHEAD_EXT_RECONCILE_H

#include "../bulkhead.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_RECONCILE_ID "bh.reconcile/1"

#define BH_RECONCILE_DONE 1u        /**< all of it was done: the job has succeeded */
#define BH_RECONCILE_FAILED 2u      /**< it was begun, and is over without success: the job has failed */
#define BH_RECONCILE_NOT_STARTED 3u /**< the outside world is as before: the job may be run again */

/** One step of the lost job. Frozen. */
typedef struct bh_lost_step {
  bh_str name;
  bh_str token;  /**< what was given to the other side */
  bh_str result; /**< empty when it is not recorded */
  uint32_t done; /**< 1: the result is recorded; 0: it began, and nobody knows */
  uint32_t reserved;
} bh_lost_step;

typedef struct bh_reconcile_table {
  uint32_t size;
  uint32_t flags;
  /** The name of the lost job's action: an entry may speak for several. Empty in a run that is no reconcile.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  bh_str (*action)(bh_ctx *ctx);
  /** Why it is lost, for people: "worker w3 was killed by signal 9", or what an unknown step said.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  bh_str (*reason)(bh_ctx *ctx);
  /** Copies the `index`-th step (from 0, in the order in which they began). BH_NOT_FOUND behind the last one.
   *  Texts are valid until the run ends.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*step)(bh_ctx *ctx, uint64_t index, bh_lost_step *step_out);
  /** The `index`-th text of what the lost run left behind. BH_NOT_FOUND behind the last one.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*left_behind)(bh_ctx *ctx, uint64_t index, bh_str *text_out);
  /** Gives the answer (BH_RECONCILE_DONE ...) with a text for people, and returns BH_OK. The last one counts. With
   *  DONE the result is what bh_result_json and its kin have set. BH_INVALID for another number, BH_UNSUPPORTED in a
   *  run that is no reconcile.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*answer)(bh_ctx *ctx, uint32_t answer, bh_str text_in);
} bh_reconcile_table;

/** The table, or NULL.
 *  @thread any @blocking no @cancelpoint no @owner host @since 1 */
static inline const bh_reconcile_table *bh_reconcile_of(const bh_ctx *ctx) {
  static const bh_reconcile_table *cached;
  const bh_reconcile_table *table = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (table == NULL) {
    table = (const bh_reconcile_table *)ctx->host->query(ctx->host, bh_text(BH_RECONCILE_ID));
    __atomic_store_n(&cached, table, __ATOMIC_RELAXED);
  }
  return table;
}

/** Gives an answer; see bh_reconcile_table.answer.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline int32_t bh_reconcile_answer(bh_ctx *ctx, uint32_t answer, const char *text) {
  const bh_reconcile_table *table = bh_reconcile_of(ctx);
  return BH_HAS(table, answer) ? table->answer(ctx, answer, bh_text(text)) : BH_UNSUPPORTED;
}

/** `return bh_reconcile_done(ctx);` The job has succeeded, with the result that was set.
 *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
static inline int32_t bh_reconcile_done(bh_ctx *ctx) { return bh_reconcile_answer(ctx, BH_RECONCILE_DONE, ""); }

/** `return bh_reconcile_failed(ctx, "the VM is in state ERROR");` The job has failed, with that text.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline int32_t bh_reconcile_failed(bh_ctx *ctx, const char *text) {
  return bh_reconcile_answer(ctx, BH_RECONCILE_FAILED, text);
}

/** `return bh_reconcile_not_started(ctx, "there is no such VM");` The job is run again if it is proven that its old
 *  run has ended; else it stays lost, and this answer is shown.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline int32_t bh_reconcile_not_started(bh_ctx *ctx, const char *text) {
  return bh_reconcile_answer(ctx, BH_RECONCILE_NOT_STARTED, text);
}

/** The name of the lost job's action; see bh_reconcile_table.action. NUL-terminated.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline bh_str bh_reconcile_action(bh_ctx *ctx) {
  const bh_reconcile_table *table = bh_reconcile_of(ctx);
  bh_str none = {NULL, 0};
  return BH_HAS(table, action) ? table->action(ctx) : none;
}

/** Copies the `index`-th step of the lost job; see bh_reconcile_table.step.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline int32_t bh_reconcile_step(bh_ctx *ctx, uint64_t index, bh_lost_step *step_out) {
  const bh_reconcile_table *table = bh_reconcile_of(ctx);
  return BH_HAS(table, step) ? table->step(ctx, index, step_out) : BH_UNSUPPORTED;
}

#ifdef __cplusplus
}
#endif

#endif
