/* libvirt: makes and deletes virtual machines, over the real libvirt API.
 *
 * What it promises: a run of server.create that does not succeed leaves neither machine nor record. Where the
 * machine cannot be deleted, the record stays and names it (status "left_behind", external_id = its UUID). A
 * machine that was there before is never touched.
 *
 * How it keeps that, whatever fails and whenever:
 *  - The machine's UUID is chosen here, first, and stands in the record before the machine exists.
 *  - Each clean-up is pushed before the step that it undoes, and looks for its thing by that UUID alone.
 *  - Clean-ups run last first: stop, undefine, then the record, which goes only when the machine is gone.
 *
 * libvirt's calls cannot be interrupted: a checkpoint stands before and after each that changes something.
 *
 * Build: cc -shared -fPIC -I PluginSDK/include libvirt.c -o libvirt.so -lvirt
 */
#include <bulkhead/all.h>

#include "machine.h"

#include <time.h>

BH_MANIFEST({
  "id": "libvirt",
  "version": "1.0.0",
  "title": "Virtual machines",
  "description": "Makes and deletes virtual machines with libvirt.",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {
      "name": "server.create",
      "kind": "action",
      "title": "Make a server",
      "description": "Defines and starts a virtual machine, and records it as a server.",
      "repeat": "never",
      "parameters": {
        "type": "object",
        "properties": {
          "name": {"type": "string", "title": "Host name", "pattern": "^[a-z][a-z0-9-]{0,62}$"},
          "memory_mib": {"type": "integer", "title": "Memory in MiB", "minimum": 64, "maximum": 1048576,
                         "default": 512},
          "cpus": {"type": "integer", "title": "Virtual CPUs", "minimum": 1, "maximum": 64, "default": 1},
          "uri": {"type": "string", "title": "Connection", "minLength": 1, "default": "test:///default"}
        },
        "required": ["name"]
      },
      "result": {
        "type": "object",
        "properties": {
          "name": {"type": "string"},
          "uuid": {"type": "string"},
          "record": {"type": "integer", "description": "Id of the server record."}
        },
        "required": ["name", "uuid", "record"]
      },
      "deadline_ms": 600000,
      "cleanup_ms": 60000
    },
    {
      "name": "server.delete",
      "kind": "action",
      "title": "Delete a server",
      "description": "Stops and deletes a virtual machine and its record. No machine is no error.",
      "repeat": "idempotent",
      "parameters": {
        "type": "object",
        "properties": {
          "name": {"type": "string", "title": "Host name", "pattern": "^[a-z][a-z0-9-]{0,62}$"},
          "uri": {"type": "string", "title": "Connection", "minLength": 1, "default": "test:///default"}
        },
        "required": ["name"]
      },
      "result": {
        "type": "object",
        "properties": {"deleted": {"type": "boolean", "description": "True when there was a machine."}},
        "required": ["deleted"]
      },
      "deadline_ms": 0,
      "cleanup_ms": 60000
    }
  ],
  "records": [],
  "secrets": []
});

#define POLL_MS 50     /* between two looks at a machine that starts */
#define CREATE_STEPS 5 /* of the progress of server.create */
#define DELETE_STEPS 3 /* and of server.delete */

/* Ids of the server entity and of the fields used here. */
struct server_fields {
  uint32_t entity, hostname, cpus, memory_mib, power, status, external_id, created_at;
};

/* One run of either action. The clean-ups use it too, so it lives in the run's own memory. */
struct run {
  struct machine machine;
  struct server_fields fields;
  int64_t record;        /* 0: none */
  int machine_may_exist; /* from just before it is defined until it is seen to be gone */
};

/* ------------------------------------------------------------------ records */

static int32_t resolve_fields(bh_ctx *ctx, struct server_fields *out) {
  const bh_records_table *records = bh_records_of(ctx);
  const struct {
    const char *name;
    uint32_t *id;
  } wanted[] = {
    {"hostname", &out->hostname}, {"cpus", &out->cpus},     {"memory_mib", &out->memory_mib},
    {"power", &out->power},       {"status", &out->status}, {"external_id", &out->external_id},
    {"created_at", &out->created_at},
  };
  if (records == NULL) return bh_fail(ctx, BH_UNSUPPORTED, "this host has no " BH_RECORDS_ID);
  int32_t code = records->entity(ctx, bh_text("server"), &out->entity);
  for (size_t i = 0; code == BH_OK && i < sizeof wanted / sizeof wanted[0]; i++)
    code = records->field(ctx, out->entity, bh_text(wanted[i].name), wanted[i].id);
  return code < 0 ? bh_fail(ctx, code, "the data model has no server as this plug-in knows it") : BH_OK;
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

static int32_t create_record(bh_ctx *ctx, struct run *run) {
  const struct server_fields *f = &run->fields;
  const struct machine *m = &run->machine;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  bh_field_value created = bh_set_i64(f->created_at, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
  created.value.type = BH_INSTANT;
  const bh_field_value values[] = {
    bh_set_str(f->hostname, m->name),         bh_set_str(f->status, "provisioning"),
    bh_set_str(f->external_id, m->uuid),      bh_set_str(f->power, "off"),
    bh_set_i64(f->memory_mib, m->memory_mib), bh_set_i64(f->cpus, m->cpus),
    created,
  };
  const uint64_t count = sizeof values / sizeof values[0];
  int32_t code = bh_records_of(ctx)->create(ctx, f->entity, values, count, &run->record);
  if (code == BH_CONFLICT)
    return bh_failf(ctx, code, "there is a server record %s already: delete it first", m->name);
  return explain(ctx, code, "record the server", run);
}

/* ------------------------------------------------------------------ clean-ups */

static int32_t disconnect(bh_ctx *ctx, void *arg) {
  struct run *run = (struct run *)arg;
  (void)ctx;
  machine_disconnect(&run->machine);
  return BH_OK;
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

/* ------------------------------------------------------------------ server.create */

/* What both actions begin with: the run's memory, the parameters, the fields, and a connection that is closed
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

/* ------------------------------------------------------------------ server.delete */

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

static const bh_action actions[] = {BH_ACTION("server.create", server_create),
                                    BH_ACTION("server.delete", server_delete)};
BH_PLUGIN(actions)
