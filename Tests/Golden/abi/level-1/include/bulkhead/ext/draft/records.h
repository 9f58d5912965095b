/* Records (draft: this id carries no promise): the product's data model. Entities and fields are resolved by
 * name once; every write carries the job's fence, so a run that lost its job can write nothing. No database
 * transaction is held between calls. */
#ifndef BULKHEAD_EXT_DRAFT_RECORDS_H
#define BULKHEAD_EXT_DRAFT_RECORDS_H

#include "../../bulkhead.h"

#ifdef __cplusplus
extern "C" {
#endif

#define BH_RECORDS_ID "bh.draft.records/1"

/* Types of a value. */
#define BH_NULL 0u
#define BH_BOOL 1u    /**< `integer` is 0 or 1 */
#define BH_INT 2u     /**< `integer` */
#define BH_REAL 3u    /**< `real` */
#define BH_STRING 4u  /**< `text` */
#define BH_INSTANT 5u /**< `integer`: milliseconds since 1970-01-01 UTC */
#define BH_REF 6u     /**< `integer`: id of a record of the field's target entity */

/** One value of one field. Text that the host fills in is valid until the run ends. Frozen. */
typedef struct bh_value {
  uint32_t type;
  uint32_t reserved;
  int64_t integer;
  double real;
  bh_str text;
} bh_value;

/** One field with its value. Frozen. */
typedef struct bh_field_value {
  uint32_t field; /**< from `field` */
  uint32_t reserved;
  bh_value value;
} bh_field_value;

typedef struct bh_records_table {
  uint32_t size;
  uint32_t flags;
  /** The id of the entity with that name ("server"), or BH_NOT_FOUND.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  int32_t (*entity)(bh_ctx *ctx, bh_str name_in, uint32_t *entity_out);
  /** The id of a field of an entity, or BH_NOT_FOUND.
   *  @thread any of the run @blocking no @cancelpoint no @owner none @since 1 */
  int32_t (*field)(bh_ctx *ctx, uint32_t entity, bh_str name_in, uint32_t *field_out);
  /** Reads the fields named in `values_out[..count]` and the record's version, or BH_NOT_FOUND.
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  int32_t (*get)(bh_ctx *ctx, uint32_t entity, int64_t record, bh_field_value *values_out, uint64_t count,
                 int64_t *version_out);
  /** Ids of records whose field equals the value, ascending: at most `capacity` of them, how many in
   *  `count_out`.
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  int32_t (*find)(bh_ctx *ctx, uint32_t entity, const bh_field_value *match_in, int64_t *records_out,
                  uint64_t capacity, uint64_t *count_out);
  /** Makes a record. BH_CONFLICT when its natural key is taken, BH_INVALID when a required field is missing or
   *  a type is wrong.
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  int32_t (*create)(bh_ctx *ctx, uint32_t entity, const bh_field_value *values_in, uint64_t count,
                    int64_t *record_out);
  /** Changes fields. `version` is the one that was read, or 0 for "whatever it is"; BH_CONFLICT when another
   *  write came between. The new version goes to `version_out` (may be NULL).
   *  @thread run @blocking yes @cancelpoint yes @owner borrowed @since 1 */
  int32_t (*set)(bh_ctx *ctx, uint32_t entity, int64_t record, int64_t version,
                 const bh_field_value *values_in, uint64_t count, int64_t *version_out);
  /** Deletes a record; `version` as in `set`. BH_CONFLICT when another record refers to it.
   *  @thread run @blocking yes @cancelpoint yes @owner none @since 1 */
  int32_t (*remove)(bh_ctx *ctx, uint32_t entity, int64_t record, int64_t version);
} bh_records_table;

/** The table, or NULL.
 *  @thread any @blocking no @cancelpoint no @owner host @since 1 */
static inline const bh_records_table *bh_records_of(const bh_ctx *ctx) {
  static const bh_records_table *cached;
  const bh_records_table *table = __atomic_load_n(&cached, __ATOMIC_RELAXED);
  if (table == NULL) {
    table = (const bh_records_table *)ctx->host->query(ctx->host, bh_text(BH_RECORDS_ID));
    __atomic_store_n(&cached, table, __ATOMIC_RELAXED);
  }
  return table;
}

/** A text value for a field.
 *  @thread any @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline bh_field_value bh_set_str(uint32_t field, const char *text) {
  bh_field_value f = {field, 0, {BH_STRING, 0, 0, 0, {NULL, 0}}};
  f.value.text = bh_text(text);
  return f;
}

/** An integer value for a field.
 *  @thread any @blocking no @cancelpoint no @owner none @since 1 */
static inline bh_field_value bh_set_i64(uint32_t field, int64_t value) {
  bh_field_value f = {field, 0, {BH_INT, 0, 0, 0, {NULL, 0}}};
  f.value.integer = value;
  return f;
}

#ifdef __cplusplus
}
#endif

#endif
