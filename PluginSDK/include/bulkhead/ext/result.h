/* Result: what the job gives back, stored with its outcome in the same transaction. */
#ifndef BULKHEAD_EXT_RESULT_H
#define BULKHEAD_EXT_RESULT_H

#include "../bulkhead.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_RESULT_ID "bh.result/1"

typedef struct bh_result_table {
  uint32_t size;
  uint32_t flags;
  /** Sets the result to one JSON object (at most 1 MiB); a later call replaces it. BH_INVALID when it is not
   *  JSON. Works after a stop was raised.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*set_json)(bh_ctx *ctx, bh_str json_in);
  /** Adds or replaces one text member of the result.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*set_str)(bh_ctx *ctx, bh_str name_in, bh_str value_in);
  /** Adds or replaces one integer member of the result.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*set_i64)(bh_ctx *ctx, bh_str name_in, int64_t value);
  /** Adds or replaces one number. BH_INVALID when it is not finite.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*set_f64)(bh_ctx *ctx, bh_str name_in, double value);
  /** Adds or replaces one boolean: false when `value` is 0, else true.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*set_bool)(bh_ctx *ctx, bh_str name_in, int32_t value);
  /** Adds or replaces one member of any type, given as JSON. BH_INVALID when it is not JSON.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*set_value)(bh_ctx *ctx, bh_str name_in, bh_str json_in);
} bh_result_table;

/** The table, or NULL.
 *  @thread any @blocking no @cancelpoint no @owner host @since 1 */
static inline const bh_result_table *bh_result_of(const bh_ctx *ctx) {
  static const bh_result_table *cached;
  const bh_result_table *table = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (table == NULL) {
    table = (const bh_result_table *)ctx->host->query(ctx->host, bh_text(BH_RESULT_ID));
    __atomic_store_n(&cached, table, __ATOMIC_RELAXED);
  }
  return table;
}

/** Sets the whole result; see bh_result_table.set_json.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline int32_t bh_result_json(bh_ctx *ctx, const char *json) {
  const bh_result_table *table = bh_result_of(ctx);
  return BH_HAS(table, set_json) ? table->set_json(ctx, bh_text(json)) : BH_UNSUPPORTED;
}

/** Sets one text member of the result.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline int32_t bh_result_str(bh_ctx *ctx, const char *name, const char *value) {
  const bh_result_table *table = bh_result_of(ctx);
  return BH_HAS(table, set_str) ? table->set_str(ctx, bh_text(name), bh_text(value)) : BH_UNSUPPORTED;
}

/** Sets one integer member of the result.
 *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
static inline int32_t bh_result_i64(bh_ctx *ctx, const char *name, int64_t value) {
  const bh_result_table *table = bh_result_of(ctx);
  return BH_HAS(table, set_i64) ? table->set_i64(ctx, bh_text(name), value) : BH_UNSUPPORTED;
}

/** Sets one number of the result.
 *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
static inline int32_t bh_result_f64(bh_ctx *ctx, const char *name, double value) {
  const bh_result_table *table = bh_result_of(ctx);
  return BH_HAS(table, set_f64) ? table->set_f64(ctx, bh_text(name), value) : BH_UNSUPPORTED;
}

/** Sets one boolean of the result.
 *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
static inline int32_t bh_result_bool(bh_ctx *ctx, const char *name, int32_t value) {
  const bh_result_table *table = bh_result_of(ctx);
  return BH_HAS(table, set_bool) ? table->set_bool(ctx, bh_text(name), value) : BH_UNSUPPORTED;
}

/** Sets one member of the result to any JSON: `bh_result_value(ctx, "disks", "[\"a\",\"b\"]");`
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline int32_t bh_result_value(bh_ctx *ctx, const char *name, const char *json) {
  const bh_result_table *table = bh_result_of(ctx);
  return BH_HAS(table, set_value) ? table->set_value(ctx, bh_text(name), bh_text(json)) : BH_UNSUPPORTED;
}

#ifdef __cplusplus
}
#endif

#endif
