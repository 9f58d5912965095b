/* my-plugin: one action that makes the record of an environment and prepares it step by step. It shows what nearly
 * every action needs: parameters, progress, points where it can be cancelled, a record, and an undo. Make it yours. */
#include <bulkhead/all.h>

#include "params.h" /* made from manifest.json by `make header` */

BH_MANIFEST_FILE("manifest.json");

/* What this run has made so far: the undo reads it. */
struct environment {
  uint32_t entity;
  int64_t record; /* 0: none yet */
};

/* Runs only when the action fails or is cancelled. 0 says that nothing is left behind. */
static int32_t delete_record(bh_ctx *ctx, void *arg) {
  const struct environment *made = (const struct environment *)arg;
  if (made->record == 0) return BH_OK;
  int32_t code = bh_records_of(ctx)->remove(ctx, made->entity, made->record, 0);
  return code == BH_NOT_FOUND ? BH_OK : code;
}

static int32_t create_record(bh_ctx *ctx, const char *name, struct environment *made) {
  const bh_records_table *records = bh_records_of(ctx);
  uint32_t field = 0;
  if (records == NULL) return bh_fail(ctx, BH_UNSUPPORTED, "this host has no " BH_RECORDS_ID);
  int32_t code = records->entity(ctx, bh_text("environment"), &made->entity);
  if (code == BH_OK) code = records->field(ctx, made->entity, bh_text("name"), &field);
  if (code < 0) return bh_fail(ctx, code, "the data model has no environment with a name");

  const bh_field_value values[] = {bh_set_str(field, name)};
  bh_hold(ctx); /* no stop may come between the record and our knowing its id */
  code = records->create(ctx, made->entity, values, 1, &made->record);
  bh_release(ctx);
  return code < 0 ? bh_failf(ctx, code, "cannot make the record of the environment %s", name) : BH_OK;
}

static int32_t environment_create(bh_ctx *ctx) {
  my_plugin_environment_create_params params;
  int32_t code = my_plugin_environment_create_params_read(ctx, &params);
  if (code < 0) return code;

  /* The undo first, then what it undoes: so no instant lies between them. The engine frees the memory. */
  struct environment *made = (struct environment *)bh_alloc(ctx, sizeof *made);
  if (made == NULL) return bh_fail(ctx, BH_MEMORY, "no memory for the undo");
  memset(made, 0, sizeof *made);
  int64_t undo = bh_cleanup(ctx, BH_ON_FAIL, "delete the record of the environment", delete_record, made);
  if (undo < 0) return bh_fail(ctx, (int32_t)undo, "no undo could be prepared");

  code = create_record(ctx, params.name.ptr, made);
  if (code < 0) return code;

  for (int64_t i = 0; i < params.steps; i++) {
    bh_progressf(ctx, (uint64_t)i, (uint64_t)params.steps, "preparing %s", params.name.ptr);
    /* The work of one step goes here. In long loops of your own, call bh_checkpoint(ctx) in the same way. */
    code = bh_sleep(ctx, (uint64_t)params.pause_ms);
    if (code < 0) return code; /* cancelled, or the deadline has passed: the undo runs */
  }

  bh_progress(ctx, (uint64_t)params.steps, (uint64_t)params.steps, "ready");
  bh_logf(ctx, BH_INFO, "environment %s is ready", params.name.ptr);
  bh_result_i64(ctx, "environment", made->record);
  return bh_result_i64(ctx, "steps", params.steps);
}

static const bh_action actions[] = {BH_ACTION("environment.create", environment_create)};
BH_PLUGIN(actions)
