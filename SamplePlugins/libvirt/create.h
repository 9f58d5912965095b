/* server.create: a machine and its record, or neither. */
#ifndef CREATE_H
#define CREATE_H

#include "server.h"

#define CREATE_STEPS 5 /* of its progress */

static int32_t create_record(bh_ctx *ctx, struct run *run) {
  const struct server_fields *f = &run->fields;
  const struct machine *m = &run->machine;
  const bh_field_value values[] = {
    bh_set_str(f->hostname, m->name),         bh_set_str(f->status, "provisioning"),
    bh_set_str(f->external_id, m->uuid),      bh_set_str(f->power, "off"),
    bh_set_i64(f->memory_mib, m->memory_mib), bh_set_i64(f->cpus, m->cpus),
    now_as(f->created_at),
  };
  const uint64_t count = sizeof values / sizeof values[0];
  int32_t code = bh_records_of(ctx)->create(ctx, f->entity, values, count, &run->record);
  if (code == BH_CONFLICT)
    return bh_failf(ctx, code, "there is a server record %s already: delete it first", m->name);
  return explain(ctx, code, "record the server", run);
}

static int32_t undo_start(bh_ctx *ctx, void *arg) {
  struct run *run = (struct run *)arg;
  virDomainPtr domain;
  int32_t code = machine_find(ctx, &run->machine, run->machine.uuid, &domain);
  if (code < 0 || domain == NULL) return code;
  code = machine_stop(ctx, &run->machine, domain);
  virDomainFree(domain);
  return code;
}

static int32_t undo_define(bh_ctx *ctx, void *arg) {
  struct run *run = (struct run *)arg;
  virDomainPtr domain;
  if (!run->machine_may_exist) return BH_OK;
  int32_t code = machine_find(ctx, &run->machine, run->machine.uuid, &domain);
  if (code < 0) return code;
  if (domain != NULL) {
    code = machine_undefine(ctx, &run->machine, domain);
    virDomainFree(domain);
  }
  if (code == BH_OK) run->machine_may_exist = 0;
  return code;
}

/* The record leads people to a machine that is left: it goes only after the machine. It is looked for by the
 * UUID, which no other has, because the answer to its making may have been lost. */
static int32_t undo_record(bh_ctx *ctx, void *arg) {
  struct run *run = (struct run *)arg;
  const bh_records_table *records = bh_records_of(ctx);
  const bh_field_value uuid = bh_set_str(run->fields.external_id, run->machine.uuid);
  uint64_t found = 0;
  int32_t code = records->find(ctx, run->fields.entity, &uuid, &run->record, 1, &found);
  if (code == BH_OK && found == 0) return BH_OK;
  if (code == BH_OK && !run->machine_may_exist)
    code = records->remove(ctx, run->fields.entity, run->record, 0);
  if (code < 0 || !run->machine_may_exist) return explain(ctx, code, "delete the record of", run);

  set_status(ctx, run, "left_behind"); /* should this fail too, the record still has the UUID */
  return bh_failf(ctx, BH_REMOTE, "kept server record %lld: it names the machine %s", (long long)run->record,
                  run->machine.uuid);
}

/* Pushes a clean-up for failures; its text is what people read if it cannot be done. */
static int32_t on_fail(bh_ctx *ctx, struct run *run, const char *what, bh_cleanup_fn function) {
  const struct machine *m = &run->machine;
  char text[512];
  snprintf(text, sizeof text, "%s %s (%s) at %s", what, m->name, m->uuid, m->uri);
  int64_t id = bh_cleanup(ctx, BH_ON_FAIL, bh_utf8_repair(text), function, run);
  return id < 0 ? (int32_t)id : BH_OK;
}

static int32_t define(bh_ctx *ctx, struct run *run, virDomainPtr *domain_out) {
  bh_progress(ctx, 2, CREATE_STEPS, "defining the machine");
  int32_t code = on_fail(ctx, run, "delete the machine", undo_define);
  if (code < 0 || (code = bh_checkpoint(ctx)) < 0) return code;
  run->machine_may_exist = 1;
  if ((code = machine_define(ctx, &run->machine, domain_out)) < 0) return code;
  bh_logf(ctx, BH_INFO, "defined %s as %s", run->machine.name, run->machine.uuid);
  return bh_checkpoint(ctx);
}

static int32_t start(bh_ctx *ctx, struct run *run, virDomainPtr domain) {
  bh_progress(ctx, 3, CREATE_STEPS, "starting the machine");
  int32_t code = on_fail(ctx, run, "stop the machine", undo_start);
  if (code < 0 || (code = bh_checkpoint(ctx)) < 0) return code;
  if ((code = machine_start(ctx, &run->machine, domain)) < 0) return code;
  if ((code = bh_checkpoint(ctx)) < 0) return code;
  bh_progress(ctx, 4, CREATE_STEPS, "waiting until it runs");
  return machine_wait(ctx, &run->machine, domain, POLL_MS);
}

/* The record's last change comes last: once that is written the server is there for everybody, and nothing
 * after it can fail. No clean-up needs dropping: success leaves those of BH_ON_FAIL alone. */
static int32_t announce(bh_ctx *ctx, struct run *run) {
  const struct server_fields *f = &run->fields;
  const bh_field_value values[] = {bh_set_str(f->power, "on"), bh_set_str(f->status, "active")};
  bh_progress(ctx, CREATE_STEPS, CREATE_STEPS, "recording the server as active");
  int32_t code = bh_records_of(ctx)->set(ctx, f->entity, run->record, 0, values, 2, NULL);
  if (code < 0) return explain(ctx, code, "record as active", run);
  bh_result_str(ctx, "name", run->machine.name);
  bh_result_str(ctx, "uuid", run->machine.uuid);
  bh_result_i64(ctx, "record", run->record);
  return BH_OK;
}

static int32_t server_create(bh_ctx *ctx) {
  struct run *run;
  virDomainPtr domain = NULL;
  bh_progress(ctx, 0, CREATE_STEPS, "connecting");
  int32_t code = begin(ctx, &run);
  if (code < 0 || (code = machine_refuse_taken_name(ctx, &run->machine)) < 0) return code;

  bh_progress(ctx, 1, CREATE_STEPS, "recording the server");
  if ((code = machine_choose_uuid(ctx, &run->machine)) < 0) return code;
  if ((code = on_fail(ctx, run, "delete the record of", undo_record)) < 0) return code;
  if ((code = create_record(ctx, run)) < 0 || (code = bh_checkpoint(ctx)) < 0) return code;

  code = define(ctx, run, &domain);
  if (code == BH_OK) code = start(ctx, run, domain);
  if (code == BH_OK) code = announce(ctx, run);
  if (domain != NULL) virDomainFree(domain);
  return code;
}

#endif
