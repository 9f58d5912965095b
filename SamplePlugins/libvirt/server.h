/* What all actions of this plug-in begin with: parameters, the fields of a server record, a connection. */
#ifndef SERVER_H
#define SERVER_H

#include <bulkhead/all.h>

#include "machine.h"

#include <time.h>

#define POLL_MS 50 /* between two looks at a machine that changes */

/* Ids of the server entity and of the fields used here. */
struct server_fields {
  uint32_t entity, hostname, cpus, memory_mib, power, status, external_id, handler, created_at;
};

/* One run of an action. The clean-ups use it too, so it lives in the run's own memory. */
struct run {
  struct machine machine;
  struct server_fields fields;
  int64_t record;        /* 0: none */
  int machine_may_exist; /* from just before it is defined until it is seen to be gone */
};

static int32_t resolve_fields(bh_ctx *ctx, struct server_fields *out) {
  const bh_records_table *records = bh_records_of(ctx);
  const struct {
    const char *name;
    uint32_t *id;
  } wanted[] = {
    {"hostname", &out->hostname}, {"cpus", &out->cpus},     {"memory_mib", &out->memory_mib},
    {"power", &out->power},       {"status", &out->status}, {"external_id", &out->external_id},
    {"handler", &out->handler},   {"created_at", &out->created_at},
  };
  if (records == NULL) return bh_fail(ctx, BH_UNSUPPORTED, "this host has no " BH_RECORDS_ID);
  int32_t code = records->entity(ctx, bh_text("server"), &out->entity);
  for (size_t i = 0; code == BH_OK && i < sizeof wanted / sizeof wanted[0]; i++)
    code = records->field(ctx, out->entity, bh_text(wanted[i].name), wanted[i].id);
  return code < 0 ? bh_fail(ctx, code, "the data model has no server as this plug-in knows it") : BH_OK;
}

/* This moment as the value of a field. */
static bh_field_value now_as(uint32_t field) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  bh_field_value value = bh_set_i64(field, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
  value.value.type = BH_INSTANT;
  return value;
}

/* Says what could not be done with the record. A stop needs no explanation. */
static int32_t explain(bh_ctx *ctx, int32_t code, const char *what, const struct run *run) {
  if (code >= 0 || code == BH_CANCELLED || code == BH_DEADLINE || code == BH_FENCED) return code;
  return bh_failf(ctx, code, "cannot %s %s", what, run->machine.name);
}

static int32_t set_status(bh_ctx *ctx, const struct run *run, const char *status) {
  const bh_field_value value = bh_set_str(run->fields.status, status);
  return bh_records_of(ctx)->set(ctx, run->fields.entity, run->record, 0, &value, 1, NULL);
}

static int32_t disconnect(bh_ctx *ctx, void *arg) {
  struct run *run = (struct run *)arg;
  (void)ctx;
  machine_disconnect(&run->machine);
  return BH_OK;
}

/* What all actions begin with: the run's memory, the parameters, the fields, and a connection that is closed
 * at the end, after all other clean-ups, because it is pushed first. */
static int32_t begin(bh_ctx *ctx, struct run **run_out) {
  struct run *run = (struct run *)bh_alloc(ctx, sizeof *run);
  if (run == NULL) return bh_fail(ctx, BH_MEMORY, "out of memory");
  memset(run, 0, sizeof *run);
  *run_out = run;
  run->machine.name = bh_param_str(ctx, "name", "");
  run->machine.uri = bh_param_str(ctx, "uri", "test:///default");
  run->machine.memory_mib = bh_param_i64(ctx, "memory_mib", 512);
  run->machine.cpus = bh_param_i64(ctx, "cpus", 1);

  int32_t code = resolve_fields(ctx, &run->fields);
  if (code < 0) return code;
  int64_t id = bh_cleanup(ctx, BH_ALWAYS, "close the connection to libvirt", disconnect, run);
  if (id < 0) return (int32_t)id;
  if ((code = bh_checkpoint(ctx)) < 0) return code;
  if ((code = machine_connect(ctx, &run->machine)) < 0) return code;
  return bh_checkpoint(ctx);
}

#endif
