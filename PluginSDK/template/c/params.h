/* Parameters of my-plugin 1.0.0, made by `bulkhead sdk header` from its manifest. Do not edit. */
#ifndef BULKHEAD_PARAMS_OF_MY_PLUGIN_H
#define BULKHEAD_PARAMS_OF_MY_PLUGIN_H

#include <bulkhead/bulkhead.h>
#include <bulkhead/ext/params.h>

/* ------------------------------------------------------------------ environment.create */

/* Create an environment. Makes the record of an environment and prepares it step by step. */

typedef struct my_plugin_environment_create_params {
  /** Name of the environment. Allowed: 1 to 100 characters. */
  bh_str name;
  /** Pause after each step. Allowed: 0 to 60000. Default: 100. */
  int64_t pause_ms;
  /** How many steps to take. Allowed: 1 to 100. Default: 5. */
  int64_t steps;
} my_plugin_environment_create_params;

/** Fills in `params_out`. BH_OK, or the code of a failure that is said with the parameter's path: return it.
 *  Texts have a NUL behind them and are valid until the run ends.
 *  @thread any of the run @blocking no @cancelpoint no @owner borrowed @since 1 */
static inline int32_t my_plugin_environment_create_params_read(bh_ctx *ctx, my_plugin_environment_create_params *params_out) {
  const bh_params_table *table = bh_params_of(ctx);
  int32_t code;
  memset(params_out, 0, sizeof *params_out);
  if (!BH_HAS(table, get_i64) || !BH_HAS(table, get_str))
    return bh_fail(ctx, BH_UNSUPPORTED, "this host has no " BH_PARAMS_ID);
  code = table->get_str(ctx, bh_text("name"), &params_out->name);
  if (code < 0) return bh_fail(ctx, code, "cannot read the parameter name");
  code = table->get_i64(ctx, bh_text("pause_ms"), &params_out->pause_ms);
  if (code < 0) return bh_fail(ctx, code, "cannot read the parameter pause_ms");
  code = table->get_i64(ctx, bh_text("steps"), &params_out->steps);
  if (code < 0) return bh_fail(ctx, code, "cannot read the parameter steps");
  return BH_OK;
}

#endif
