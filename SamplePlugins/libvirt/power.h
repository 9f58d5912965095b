/* server.power: on, off, reboot, reset. Each waits until the machine is as wanted; a cancel ends the waiting, and
 * what the machine was asked for it still does. */
#ifndef POWER_H
#define POWER_H

#include "server.h"

/* Waits until it runs, or is off. *reached_out is 0 when the time was over first. */
static int32_t wait_for(bh_ctx *ctx, struct run *run, virDomainPtr domain, int running, int64_t timeout_ms,
                        int *reached_out) {
  *reached_out = 1;
  for (int64_t waited = 0;; waited += POLL_MS) {
    int state;
    int32_t code = machine_state(ctx, &run->machine, domain, &state);
    if (code < 0) return code;
    if (running ? machine_runs(state) : machine_is_off(state)) return bh_checkpoint(ctx);
    if (waited >= timeout_ms) break;
    if ((code = bh_sleep(ctx, POLL_MS)) < 0) return code;
  }
  *reached_out = 0;
  return BH_OK;
}

static int32_t not_in_time(bh_ctx *ctx, const struct run *run, const char *what, int64_t timeout_ms) {
  const struct machine *m = &run->machine;
  return bh_failf(ctx, BH_REMOTE, "%s at %s did not %s within %lld seconds", m->name, m->uri, what,
                  (long long)(timeout_ms / 1000));
}

/* From off, paused or asleep. */
static int32_t turn_on(bh_ctx *ctx, struct run *run, virDomainPtr domain, int64_t timeout_ms, int state) {
  int reached;
  int32_t code = BH_OK;
  if (machine_is_off(state)) code = machine_start(ctx, &run->machine, domain);
  else if (state == VIR_DOMAIN_PAUSED && virDomainResume(domain) != 0)
    code = machine_failure(ctx, &run->machine, "resume");
  else if (state == VIR_DOMAIN_PMSUSPENDED && virDomainPMWakeup(domain, 0) != 0)
    code = machine_failure(ctx, &run->machine, "wake");
  if (code == BH_OK) code = wait_for(ctx, run, domain, 1, timeout_ms, &reached);
  return code == BH_OK && !reached ? not_in_time(ctx, run, "start", timeout_ms) : code;
}

/* Asks the guest; pulls the plug if that was allowed and the guest takes too long. */
static int32_t turn_off(bh_ctx *ctx, struct run *run, virDomainPtr domain, int64_t timeout_ms, int *forced_out) {
  const int may_force = bh_param_bool(ctx, "force", 0);
  int reached = 0;
  int32_t code;
  if (virDomainShutdown(domain) == 0) {
    code = wait_for(ctx, run, domain, 0, timeout_ms, &reached);
    if (code < 0 || reached) return code;
    if (!may_force) return not_in_time(ctx, run, "shut down", timeout_ms);
  } else if (virDomainIsActive(domain) == 0) {
    return BH_OK; /* it ended by itself meanwhile */
  } else if (!may_force) {
    return machine_failure(ctx, &run->machine, "shut down");
  }
  if ((code = bh_checkpoint(ctx)) < 0) return code;
  bh_logf(ctx, BH_WARN, "%s does not shut down: pulling the plug", run->machine.name);
  *forced_out = 1;
  return machine_stop(ctx, &run->machine, domain);
}

static int32_t restart(bh_ctx *ctx, struct run *run, virDomainPtr domain, int64_t timeout_ms, int is_reset) {
  int reached;
  const int done = is_reset ? virDomainReset(domain, 0) : virDomainReboot(domain, 0);
  if (done != 0) return machine_failure(ctx, &run->machine, is_reset ? "reset" : "reboot");
  int32_t code = wait_for(ctx, run, domain, 1, timeout_ms, &reached);
  return code == BH_OK && !reached ? not_in_time(ctx, run, "come back", timeout_ms) : code;
}

/* Does what is asked of a machine in `state`. *changed_out stays 0 when it is so already. */
static int32_t change_power(bh_ctx *ctx, struct run *run, virDomainPtr domain, const char *power, int *changed_out,
                            int *forced_out) {
  const int64_t timeout_ms = bh_param_i64(ctx, "timeout_s", 120) * 1000;
  int state;
  int32_t code = machine_state(ctx, &run->machine, domain, &state);
  if (code < 0 || (code = bh_checkpoint(ctx)) < 0) return code;
  const int wants_on = strcmp(power, "on") == 0, wants_off = strcmp(power, "off") == 0;
  if ((wants_on && machine_runs(state)) || (wants_off && machine_is_off(state))) return BH_OK;
  *changed_out = 1;
  if (wants_on) return turn_on(ctx, run, domain, timeout_ms, state);
  if (wants_off) return turn_off(ctx, run, domain, timeout_ms, forced_out);
  if (machine_is_off(state))
    return bh_failf(ctx, BH_CONFLICT, "%s at %s is off: turn it on instead", run->machine.name, run->machine.uri);
  return restart(ctx, run, domain, timeout_ms, strcmp(power, "reset") == 0);
}

/* The record of the machine says what is so now. A machine without a record is fine. */
static int32_t record_power(bh_ctx *ctx, struct run *run, virDomainPtr domain, const char *power) {
  const bh_records_table *records = bh_records_of(ctx);
  const bh_field_value now = bh_set_str(run->fields.power, strcmp(power, "off") == 0 ? "off" : "on");
  uint64_t found = 0;
  if (virDomainGetUUIDString(domain, run->machine.uuid) != 0)
    return machine_failure(ctx, &run->machine, "read the UUID of");
  const bh_field_value uuid = bh_set_str(run->fields.external_id, run->machine.uuid);
  int32_t code = records->find(ctx, run->fields.entity, &uuid, &run->record, 1, &found);
  if (code >= 0 && found > 0) code = records->set(ctx, run->fields.entity, run->record, 0, &now, 1, NULL);
  return code == BH_NOT_FOUND ? BH_OK : explain(ctx, code, "record the power of", run);
}

static int32_t server_power(bh_ctx *ctx) {
  struct run *run;
  virDomainPtr domain;
  const char *power = bh_param_str(ctx, "power", "");
  int changed = 0, forced = 0;
  bh_progress(ctx, 0, 2, "connecting");
  int32_t code = begin(ctx, &run);
  if (code < 0 || (code = machine_find(ctx, &run->machine, NULL, &domain)) < 0) return code;
  if (domain == NULL)
    return bh_failf(ctx, BH_NOT_FOUND, "%s has no machine %s", run->machine.uri, run->machine.name);

  bh_progressf(ctx, 1, 2, "%s: %s", run->machine.name, power);
  code = change_power(ctx, run, domain, power, &changed, &forced);
  if (code == BH_OK) code = record_power(ctx, run, domain, power);
  virDomainFree(domain);
  if (code < 0) return code;
  char result[64];
  snprintf(result, sizeof result, "{\"changed\":%s,\"forced\":%s}", changed ? "true" : "false",
           forced ? "true" : "false");
  bh_progress(ctx, 2, 2, changed ? "done" : "it was so already");
  return bh_result_json(ctx, result);
}

#endif
