/* server.delete: a machine and its record, whichever of them is there. */
#ifndef DELETE_H
#define DELETE_H

#include "server.h"

#define DELETE_STEPS 3 /* of its progress */

/* Stops and deletes the machine of that name, if there is one. */
static int32_t delete_machine(bh_ctx *ctx, struct run *run, int *deleted_out) {
  virDomainPtr domain;
  int32_t code = machine_find(ctx, &run->machine, NULL, &domain);
  if (code < 0 || domain == NULL) return code;
  bh_progress(ctx, 1, DELETE_STEPS, "stopping the machine");
  code = machine_stop(ctx, &run->machine, domain);
  if (code == BH_OK) code = bh_checkpoint(ctx);
  if (code == BH_OK) code = machine_undefine(ctx, &run->machine, domain);
  virDomainFree(domain);
  *deleted_out = code == BH_OK;
  return code;
}

/* The record says "deleting" first and goes last: whenever this ends early, it still names the machine, and
 * the next run does the rest. There is one at most, the host name is its key. */
static int32_t server_delete(bh_ctx *ctx) {
  struct run *run;
  uint64_t count = 0;
  int deleted = 0;
  bh_progress(ctx, 0, DELETE_STEPS, "connecting");
  int32_t code = begin(ctx, &run);
  if (code < 0) return code;

  const bh_records_table *records = bh_records_of(ctx);
  const bh_field_value hostname = bh_set_str(run->fields.hostname, run->machine.name);
  code = records->find(ctx, run->fields.entity, &hostname, &run->record, 1, &count);
  if (code >= 0 && count > 0) code = set_status(ctx, run, "deleting");
  if (code < 0) return explain(ctx, code, "mark the record of", run);
  if ((code = delete_machine(ctx, run, &deleted)) < 0) return code;

  bh_progress(ctx, 2, DELETE_STEPS, "deleting the record");
  if (count > 0) code = records->remove(ctx, run->fields.entity, run->record, 0);
  if (code < 0 && code != BH_NOT_FOUND) return explain(ctx, code, "delete the record of", run);
  bh_progress(ctx, DELETE_STEPS, DELETE_STEPS, deleted ? "deleted" : "there was no machine");
  return bh_result_json(ctx, deleted ? "{\"deleted\":true}" : "{\"deleted\":false}");
}

#endif
