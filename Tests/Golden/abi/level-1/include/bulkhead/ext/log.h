/* Log: lines that belong to the job, kept with it and shown by `bulkhead jobs logs`. */
#ifndef BULKHEAD_EXT_LOG_H
#define BULKHEAD_EXT_LOG_H

#include "../bulkhead.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_LOG_ID "bh.log/1"

#define BH_DEBUG 0u
#define BH_INFO 1u
#define BH_WARN 2u
#define BH_ERROR 3u

typedef struct bh_log_table {
  uint32_t size;
  uint32_t flags;
  /** Adds one line. Works after a stop was raised. Text over 16 KiB is cut and says so.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  void (*write)(bh_ctx *ctx, uint32_t level, bh_str message_in);
} bh_log_table;

/** The table, or NULL.
 *  @thread any @blocking no @cancelpoint no @owner host @since 1 */
static inline const bh_log_table *bh_log_of(const bh_ctx *ctx) {
  static const bh_log_table *cached;
  const bh_log_table *table = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (table == NULL) {
    table = (const bh_log_table *)ctx->host->query(ctx->host, bh_text(BH_LOG_ID));
    __atomic_store_n(&cached, table, __ATOMIC_RELAXED);
  }
  return table;
}

/** `bh_log(ctx, BH_INFO, "machine defined");`
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline void bh_log(bh_ctx *ctx, uint32_t level, const char *message) {
  const bh_log_table *table = bh_log_of(ctx);
  if (BH_HAS(table, write)) table->write(ctx, level, bh_text(message));
}

#ifdef __cplusplus
}
#endif

#endif
