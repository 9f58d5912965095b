/* inventory.refresh: the records of all machines of one connection.
 *
 * A record belongs to a machine by its UUID (external_id), and to this connection by its handler. Records of other
 * handlers are never touched, nor are those that another job is at work on: they have no handler yet. Only after all
 * machines were listed is any taken for vanished. Every step may be done twice, so a run that ends early is made good
 * by the next. */
#ifndef REFRESH_H
#define REFRESH_H

#include "server.h"

/* Most records of one handler that are looked through for vanished ones. */
#define MOST_SERVERS 65536

struct refresh {
  struct run *run;
  int64_t handler; /* id of the record */
  int count;
  virDomainPtr *machines;
  char (*uuids)[VIR_UUID_STRING_BUFLEN];
  int64_t created, changed, vanished, left_out;
};

/* What a record has, in the order in which it is read. */
enum { HOSTNAME, CPUS, MEMORY, POWER, STATUS, UUID, HANDLER, FIELDS };

static int same(const bh_value *left, const bh_value *right) {
  if (left->type != right->type) return 0;
  if (left->type == BH_STRING)
    return left->text.len == right->text.len && memcmp(left->text.ptr, right->text.ptr, left->text.len) == 0;
  return left->type == BH_NULL || left->integer == right->integer;
}

static int is_text(const bh_value *value, const char *text) {
  const bh_value other = bh_set_str(0, text).value;
  return same(value, &other);
}

/* The record of the handler, made when there is none. */
static int32_t find_handler(bh_ctx *ctx, struct refresh *r) {
  const bh_records_table *records = bh_records_of(ctx);
  const char *uri = r->run->machine.uri, *handler = bh_param_str(ctx, "handler", uri);
  uint32_t entity, name, kind, endpoint;
  uint64_t found = 0;
  int32_t code = records->entity(ctx, bh_text("resource_handler"), &entity);
  if (code == BH_OK) code = records->field(ctx, entity, bh_text("name"), &name);
  if (code == BH_OK) code = records->field(ctx, entity, bh_text("kind"), &kind);
  if (code == BH_OK) code = records->field(ctx, entity, bh_text("endpoint"), &endpoint);
  if (code < 0) return bh_fail(ctx, code, "the data model has no resource handlers as this plug-in knows them");
  const bh_field_value values[] = {bh_set_str(name, handler), bh_set_str(kind, "libvirt"),
                                   bh_set_str(endpoint, uri)};
  code = records->find(ctx, entity, values, &r->handler, 1, &found);
  if (code >= 0 && found == 0) code = records->create(ctx, entity, values, 3, &r->handler);
  if (code == BH_CONFLICT) code = records->find(ctx, entity, values, &r->handler, 1, &found); /* somebody was quicker */
  return explain(ctx, code, "find the handler of", r->run);
}

/* All machines, running or not, with their UUIDs. */
static int32_t list_machines(bh_ctx *ctx, struct refresh *r) {
  r->count = virConnectListAllDomains(r->run->machine.connection, &r->machines, 0);
  if (r->count < 0) return machine_failure(ctx, &r->run->machine, "list");
  r->uuids = (char(*)[VIR_UUID_STRING_BUFLEN])bh_alloc(ctx, (uint64_t)r->count * sizeof *r->uuids + 1);
  if (r->uuids == NULL) return bh_fail(ctx, BH_MEMORY, "out of memory");
  for (int i = 0; i < r->count; i++)
    if (virDomainGetUUIDString(r->machines[i], r->uuids[i]) != 0)
      return machine_failure(ctx, &r->run->machine, "read the UUIDs of");
  return bh_checkpoint(ctx);
}

/* The record of a machine: by its UUID, else by its name if that record is nobody's yet. 0: none. `values_out` is
 * what it has. BH_CONFLICT when another machine's record has the name. */
static int32_t find_record(bh_ctx *ctx, struct refresh *r, const bh_field_value *wanted, bh_field_value *values_out,
                           int64_t *record_out, int64_t *version_out) {
  const bh_records_table *records = bh_records_of(ctx);
  const uint32_t entity = r->run->fields.entity;
  uint64_t found = 0;
  int by_name = 0;
  int32_t code = records->find(ctx, entity, &wanted[UUID], record_out, 1, &found);
  if (code >= 0 && found == 0) {
    by_name = 1;
    code = records->find(ctx, entity, &wanted[HOSTNAME], record_out, 1, &found);
  }
  if (code < 0) return code;
  if (found == 0) {
    *record_out = 0;
    return BH_OK;
  }
  for (int i = 0; i < FIELDS; i++) values_out[i] = wanted[i]; /* the field ids */
  code = records->get(ctx, entity, *record_out, values_out, FIELDS, version_out);
  if (code == BH_OK && by_name && values_out[UUID].value.type != BH_NULL) return BH_CONFLICT;
  return code;
}

/* Makes the record of a machine, or changes what differs. A new one is active, and so is one that was taken for
 * vanished; any other status is another job's. */
static int32_t write_record(bh_ctx *ctx, struct refresh *r, const bh_field_value *wanted) {
  const bh_records_table *records = bh_records_of(ctx);
  const struct server_fields *f = &r->run->fields;
  bh_field_value has[FIELDS], values[FIELDS + 1];
  int64_t record, version;
  uint64_t count = 0;
  int32_t code = find_record(ctx, r, wanted, has, &record, &version);
  if (code < 0) return code;
  if (record == 0) {
    memcpy(values, wanted, FIELDS * sizeof *wanted);
    values[FIELDS] = now_as(f->created_at);
    code = records->create(ctx, f->entity, values, FIELDS + 1, &record);
    if (code == BH_OK) r->created++;
    return code;
  }
  for (int i = 0; i < FIELDS; i++) {
    const int may = i != STATUS || has[i].value.type == BH_NULL || is_text(&has[i].value, "vanished");
    if (may && !same(&has[i].value, &wanted[i].value)) values[count++] = wanted[i];
  }
  if (count == 0) return BH_OK;
  code = records->set(ctx, f->entity, record, version, values, count, NULL);
  if (code == BH_OK) r->changed++;
  return code;
}

/* One machine. One that vanished since the list was made is the next run's matter; one whose record somebody else
 * writes at this moment, or whose name is taken, is left out and said. */
static int32_t refresh_machine(bh_ctx *ctx, struct refresh *r, int index) {
  const struct server_fields *f = &r->run->fields;
  virDomainPtr machine = r->machines[index];
  const char *name = virDomainGetName(machine);
  virDomainInfo info;
  if (name == NULL || virDomainGetInfo(machine, &info) != 0) {
    const virErrorPtr error = virGetLastError();
    if (error != NULL && error->code == VIR_ERR_NO_DOMAIN) return BH_OK;
    return machine_failure(ctx, &r->run->machine, "read one of");
  }
  bh_field_value wanted[FIELDS] = {
    [HOSTNAME] = bh_set_str(f->hostname, name),
    [CPUS] = bh_set_i64(f->cpus, info.nrVirtCpu),
    [MEMORY] = bh_set_i64(f->memory_mib, (int64_t)(info.maxMem / 1024)),
    [POWER] = bh_set_str(f->power, machine_is_off(info.state) ? "off" : "on"),
    [STATUS] = bh_set_str(f->status, "active"),
    [UUID] = bh_set_str(f->external_id, r->uuids[index]),
    [HANDLER] = bh_set_i64(f->handler, r->handler),
  };
  wanted[HANDLER].value.type = BH_REF;
  int32_t code = write_record(ctx, r, wanted);
  if (code != BH_CONFLICT && code != BH_NOT_FOUND) return explain(ctx, code, "record one of", r->run);
  r->left_out++;
  bh_logf(ctx, BH_WARN, "left out %s (%s): another server has its name, or is being changed", name, r->uuids[index]);
  return BH_OK;
}

static int is_listed(const struct refresh *r, const bh_value *uuid) {
  for (int i = 0; i < r->count; i++)
    if (is_text(uuid, r->uuids[i])) return 1;
  return 0;
}

/* Marks or removes the record unless its machine is there. */
static int32_t sweep_record(bh_ctx *ctx, struct refresh *r, int64_t record, int removes) {
  const bh_records_table *records = bh_records_of(ctx);
  const struct server_fields *f = &r->run->fields;
  bh_field_value has[] = {bh_set_i64(f->external_id, 0), bh_set_i64(f->status, 0)};
  const bh_field_value gone[] = {bh_set_str(f->status, "vanished"), bh_set_str(f->power, "off")};
  int64_t version;
  int32_t code = records->get(ctx, f->entity, record, has, 2, &version);
  if (code == BH_NOT_FOUND) return BH_OK;
  if (code < 0) return code;
  if (is_listed(r, &has[0].value) || (!removes && is_text(&has[1].value, "vanished"))) return BH_OK;
  code = removes ? records->remove(ctx, f->entity, record, version)
                 : records->set(ctx, f->entity, record, version, gone, 2, NULL);
  if (code == BH_CONFLICT || code == BH_NOT_FOUND) return BH_OK; /* another job is at it: the next run looks again */
  if (code < 0) return code;
  r->vanished++;
  bh_logf(ctx, BH_INFO, "server record %lld: its machine is gone", (long long)record);
  return BH_OK;
}

static int32_t sweep(bh_ctx *ctx, struct refresh *r) {
  const int removes = strcmp(bh_param_str(ctx, "vanished", "mark"), "remove") == 0;
  bh_field_value ours = bh_set_i64(r->run->fields.handler, r->handler);
  uint64_t found = 0;
  ours.value.type = BH_REF;
  int64_t *records = (int64_t *)bh_alloc(ctx, MOST_SERVERS * sizeof *records);
  if (records == NULL) return bh_fail(ctx, BH_MEMORY, "out of memory");
  int32_t code = bh_records_of(ctx)->find(ctx, r->run->fields.entity, &ours, records, MOST_SERVERS, &found);
  for (uint64_t i = 0; code >= 0 && i < found; i++) {
    code = bh_checkpoint_n(ctx, 1);
    if (code == BH_OK) code = sweep_record(ctx, r, records[i], removes);
  }
  return explain(ctx, code < 0 ? code : BH_OK, "look for vanished ones of", r->run);
}

static int32_t refresh_all(bh_ctx *ctx, struct refresh *r) {
  int32_t code = list_machines(ctx, r);
  if (code == BH_OK) code = find_handler(ctx, r);
  for (int i = 0; code == BH_OK && i < r->count; i++) {
    bh_progressf(ctx, (uint64_t)i, (uint64_t)r->count, "%s", virDomainGetName(r->machines[i]));
    code = bh_checkpoint_n(ctx, 1);
    if (code == BH_OK) code = refresh_machine(ctx, r, i);
  }
  return code == BH_OK ? sweep(ctx, r) : code;
}

static int32_t inventory_refresh(bh_ctx *ctx) {
  struct refresh r = {0};
  bh_progress(ctx, 0, 0, "connecting");
  int32_t code = begin(ctx, &r.run);
  if (code < 0) return code;
  r.run->machine.name = "the machines";
  code = refresh_all(ctx, &r);
  for (int i = 0; i < r.count; i++) virDomainFree(r.machines[i]);
  free(r.machines);
  if (code < 0) return code;

  bh_result_i64(ctx, "machines", r.count);
  bh_result_i64(ctx, "created", r.created);
  bh_result_i64(ctx, "changed", r.changed);
  bh_result_i64(ctx, "vanished", r.vanished);
  bh_result_i64(ctx, "left_out", r.left_out);
  bh_progress(ctx, (uint64_t)r.count, (uint64_t)r.count, "done");
  if (r.left_out == 0) return BH_OK;
  return bh_failf(ctx, BH_WARNING, "left out %lld of %d machines: see the log", (long long)r.left_out, r.count);
}

#endif
