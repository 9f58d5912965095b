/* Progress: how far the job is, shown live by `submit --wait`, `jobs show` and every screen. */
#ifndef BULKHEAD_EXT_PROGRESS_H
#define BULKHEAD_EXT_PROGRESS_H

#include "../bulkhead.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_PROGRESS_ID "bh.progress/1"

typedef struct bh_progress_table {
  uint32_t size;
  uint32_t flags;
  /** `done` of `total` (0: unknown) and what is being done now. Cheap: the host keeps the newest and writes
   *  it a few times a second. Works after a stop was raised.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  void (*report)(bh_ctx *ctx, uint64_t done, uint64_t total, bh_str message_in);
} bh_progress_table;

/** The table, or NULL.
 *  @thread any @blocking no @cancelpoint no @owner host @since 1 */
static inline const bh_progress_table *bh_progress_of(const bh_ctx *ctx) {
  static const bh_progress_table *cached;
  const bh_progress_table *table = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (table == NULL) {
    table = (const bh_progress_table *)ctx->host->query(ctx->host, bh_text(BH_PROGRESS_ID));
    __atomic_store_n(&cached, table, __ATOMIC_RELAXED);
  }
  return table;
}

/** `bh_progress(ctx, i, n, "copying disks");`
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline void bh_progress(bh_ctx *ctx, uint64_t done, uint64_t total, const char *message) {
  const bh_progress_table *table = bh_progress_of(ctx);
  if (BH_HAS(table, report)) table->report(ctx, done, total, bh_text(message));
}

#ifdef __cplusplus
}
#endif

#endif
