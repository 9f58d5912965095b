/* Parameters: what the job was submitted with, already checked against the action's schema. */
#ifndef BULKHEAD_EXT_PARAMS_H
#define BULKHEAD_EXT_PARAMS_H

#include "../bulkhead.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_PARAMS_ID "bh.params/1"

typedef struct bh_params_table {
  uint32_t size;
  uint32_t flags;
  /** All parameters as one JSON object, defaults of the schema filled in. Valid until the run ends.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  bh_str (*json)(bh_ctx *ctx);
  /** One parameter; `path_in` is a member name, or names joined by '/', where the items of a list are named by their
   *  number from 0: "disks/0/size_gib". BH_NOT_FOUND when it was not given and has no default, BH_INVALID when it
   *  has another type. Text is valid until the run ends, and has no NUL in its middle.
   *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
  int32_t (*get_str)(bh_ctx *ctx, bh_str path_in, bh_str *value_out);
  /** As get_str, for an integer.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  int32_t (*get_i64)(bh_ctx *ctx, bh_str path_in, int64_t *value_out);
  /** As get_str, for any number.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  int32_t (*get_f64)(bh_ctx *ctx, bh_str path_in, double *value_out);
  /** As get_str, for a boolean: 0 or 1.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  int32_t (*get_bool)(bh_ctx *ctx, bh_str path_in, int32_t *value_out);
  /** As get_str, for a list or an object: how many items or members it has. The empty path is all parameters.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  int32_t (*count)(bh_ctx *ctx, bh_str path_in, uint64_t *count_out);
} bh_params_table;

/** The table, or NULL.
 *  @thread any @blocking no @cancelpoint no @owner host @since 1 */
static inline const bh_params_table *bh_params_of(const bh_ctx *ctx) {
  static const bh_params_table *cached;
  const bh_params_table *table = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (table == NULL) {
    table = (const bh_params_table *)ctx->host->query(ctx->host, bh_text(BH_PARAMS_ID));
    __atomic_store_n(&cached, table, __ATOMIC_RELAXED);
  }
  return table;
}

/** All parameters as JSON; see bh_params_table.json.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline bh_str bh_params_json(bh_ctx *ctx) {
  const bh_params_table *table = bh_params_of(ctx);
  bh_str none = {NULL, 0};
  return BH_HAS(table, json) ? table->json(ctx) : none;
}

/** How many items a list has, or members an object; 0 when it was not given:
 *  `for (uint64_t i = 0; i < bh_param_count(ctx, "disks"); i++)`
 *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
static inline uint64_t bh_param_count(bh_ctx *ctx, const char *path) {
  const bh_params_table *table = bh_params_of(ctx);
  uint64_t count;
  if (BH_HAS(table, count) && table->count(ctx, bh_text(path), &count) == BH_OK) return count;
  return 0;
}

/** A text parameter, or `fallback` when it was not given. NUL-terminated: the host keeps one behind the text.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline const char *bh_param_str(bh_ctx *ctx, const char *path, const char *fallback) {
  const bh_params_table *table = bh_params_of(ctx);
  bh_str value;
  if (BH_HAS(table, get_str) && table->get_str(ctx, bh_text(path), &value) == BH_OK) return value.ptr;
  return fallback;
}

/** An integer parameter, or `fallback` when it was not given.
 *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
static inline int64_t bh_param_i64(bh_ctx *ctx, const char *path, int64_t fallback) {
  const bh_params_table *table = bh_params_of(ctx);
  int64_t value;
  if (BH_HAS(table, get_i64) && table->get_i64(ctx, bh_text(path), &value) == BH_OK) return value;
  return fallback;
}

/** A number parameter, or `fallback` when it was not given.
 *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
static inline double bh_param_f64(bh_ctx *ctx, const char *path, double fallback) {
  const bh_params_table *table = bh_params_of(ctx);
  double value;
  if (BH_HAS(table, get_f64) && table->get_f64(ctx, bh_text(path), &value) == BH_OK) return value;
  return fallback;
}

/** A boolean parameter (0 or 1), or `fallback` when it was not given.
 *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
static inline int32_t bh_param_bool(bh_ctx *ctx, const char *path, int32_t fallback) {
  const bh_params_table *table = bh_params_of(ctx);
  int32_t value;
  if (BH_HAS(table, get_bool) && table->get_bool(ctx, bh_text(path), &value) == BH_OK) return value;
  return fallback;
}

#ifdef __cplusplus
}
#endif

#endif
