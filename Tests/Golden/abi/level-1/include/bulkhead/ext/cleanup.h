/* Clean-up: what to undo when the run ends badly. A stack: the host runs it last first, on the same thread,
 * with a fresh stop word and a time budget of its own (`cleanup_ms` of the manifest, 60 s). What could not be
 * undone is stored with the job as "left behind". */
#ifndef BULKHEAD_EXT_CLEANUP_H
#define BULKHEAD_EXT_CLEANUP_H

#include "../bulkhead.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_CLEANUP_ID "bh.cleanup/1"

#define BH_ALWAYS 0u  /**< whenever the run ends */
#define BH_ON_FAIL 1u /**< only after a failure, cancel or deadline: neither BH_OK nor BH_WARNING */

/** Undoes one thing: 0 when it is gone, a negative code when it is still there. All services are open.
 *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
typedef int32_t (*bh_cleanup_fn)(bh_ctx *ctx, void *arg);

typedef struct bh_cleanup_table {
  uint32_t size;
  uint32_t flags;
  /** Pushes an entry. `what_in` names the thing for people ("delete VM web-1") and is what they read if it is
   *  left behind. `arg` must live until the run ends (bh_alloc). The entry's id (> 0) goes to `id_out`.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*push)(bh_ctx *ctx, uint32_t when, bh_str what_in, bh_cleanup_fn function, void *arg,
                  uint64_t *id_out);
  /** Removes an entry: the thing is wanted now, or gone. BH_NOT_FOUND when it is not on the stack.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  int32_t (*drop)(bh_ctx *ctx, uint64_t id);
} bh_cleanup_table;

/** The table, or NULL.
 *  @thread any @blocking no @cancelpoint no @owner host @since 1 */
static inline const bh_cleanup_table *bh_cleanup_of(const bh_ctx *ctx) {
  static const bh_cleanup_table *cached;
  const bh_cleanup_table *table = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (table == NULL) {
    table = (const bh_cleanup_table *)ctx->host->query(ctx->host, bh_text(BH_CLEANUP_ID));
    __atomic_store_n(&cached, table, __ATOMIC_RELAXED);
  }
  return table;
}

/** Pushes an entry; its id (> 0), or a negative code. Push before the outside world can change:
 *  a crash between the two leaves a name to look for.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline int64_t bh_cleanup(bh_ctx *ctx, uint32_t when, const char *what, bh_cleanup_fn function,
                                 void *arg) {
  const bh_cleanup_table *table = bh_cleanup_of(ctx);
  uint64_t id = 0;
  int32_t code = BH_UNSUPPORTED;
  if (BH_HAS(table, push)) code = table->push(ctx, when, bh_text(what), function, arg, &id);
  return code < 0 ? (int64_t)code : (int64_t)id;
}

/** Removes an entry; see bh_cleanup_table.drop.
 *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
static inline int32_t bh_cleanup_drop(bh_ctx *ctx, int64_t id) {
  const bh_cleanup_table *table = bh_cleanup_of(ctx);
  return BH_HAS(table, drop) ? table->drop(ctx, (uint64_t)id) : BH_UNSUPPORTED;
}

#ifdef __cplusplus
}
#endif

#endif
