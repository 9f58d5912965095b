/* Wait: sleep and poll that end at once when the job is cancelled or its deadline passes, and a file
 * descriptor for loops that are not ours. */
#ifndef BULKHEAD_EXT_WAIT_H
#define BULKHEAD_EXT_WAIT_H

#include "../bulkhead.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_WAIT_ID "bh.wait/1"

/** One descriptor to wait for: the layout and event bits of the system's `struct pollfd`. Frozen. */
typedef struct bh_poll {
  int32_t fd;
  int16_t events;
  int16_t revents; /**< filled by the host */
} bh_poll;

typedef struct bh_wait_table {
  uint32_t size;
  uint32_t flags;
  /** Sleeps `timeout_ms` milliseconds. BH_OK after the whole time, else the stop's code.
   *  @thread run @blocking yes @cancelpoint yes @owner none @since 1 */
  int32_t (*sleep)(bh_ctx *ctx, uint64_t timeout_ms);
  /** poll(2) that also wakes on a stop: the number of ready descriptors, 0 after `timeout_ms` (negative: no
   *  limit), or a negative code.
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  int32_t (*poll)(bh_ctx *ctx, bh_poll *fds_out, uint64_t count, int64_t timeout_ms);
  /** A descriptor that becomes readable when a stop is raised, for a plug-in's own loop; never read from it or
   *  close it. The same one for the whole run; negative code when none can be made.
   *  @thread run @blocking no @cancelpoint no @owner host @since 1 */
  int32_t (*stop_fd)(bh_ctx *ctx);
} bh_wait_table;

/** The table, or NULL.
 *  @thread any @blocking no @cancelpoint no @owner host @since 1 */
static inline const bh_wait_table *bh_wait_of(const bh_ctx *ctx) {
  static const bh_wait_table *cached;
  const bh_wait_table *table = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (table == NULL) {
    table = (const bh_wait_table *)ctx->host->query(ctx->host, bh_text(BH_WAIT_ID));
    __atomic_store_n(&cached, table, __ATOMIC_RELAXED);
  }
  return table;
}

/** Sleeps; see bh_wait_table.sleep.
 *  @thread run @blocking yes @cancelpoint yes @owner none @since 1 */
static inline int32_t bh_sleep(bh_ctx *ctx, uint64_t timeout_ms) {
  const bh_wait_table *table = bh_wait_of(ctx);
  return BH_HAS(table, sleep) ? table->sleep(ctx, timeout_ms) : BH_UNSUPPORTED;
}

/** Waits for descriptors; see bh_wait_table.poll.
 *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
static inline int32_t bh_poll_fds(bh_ctx *ctx, bh_poll *fds_out, uint64_t count, int64_t timeout_ms) {
  const bh_wait_table *table = bh_wait_of(ctx);
  return BH_HAS(table, poll) ? table->poll(ctx, fds_out, count, timeout_ms) : BH_UNSUPPORTED;
}

/** The stop descriptor; see bh_wait_table.stop_fd.
 *  @thread run @blocking no @cancelpoint no @owner host @since 1 */
static inline int32_t bh_stop_fd(bh_ctx *ctx) {
  const bh_wait_table *table = bh_wait_of(ctx);
  return BH_HAS(table, stop_fd) ? table->stop_fd(ctx) : BH_UNSUPPORTED;
}

#ifdef __cplusplus
}
#endif

#endif
