/* One virtual machine at one libvirt host: all that touches libvirt. What libvirt says of a failure goes into
 * the failure of the job. */
#ifndef MACHINE_H
#define MACHINE_H

#include <bulkhead/all.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

struct machine {
  const char *uri; /* of the host */
  const char *name;
  char uuid[VIR_UUID_STRING_BUFLEN];
  int64_t memory_mib, cpus;
  virConnectPtr connection; /* NULL: not connected */
};

static void libvirt_says_nothing(void *user, virErrorPtr error) {
  (void)user;
  (void)error;
}

/* Else libvirt prints each error to the worker's standard error. */
static void silence_libvirt(void) { virSetErrorFunc(NULL, libvirt_says_nothing); }

static int32_t machine_failure(bh_ctx *ctx, const struct machine *m, const char *what) {
  return bh_failf(ctx, BH_REMOTE, "cannot %s %s at %s: %s", what, m->name, m->uri, virGetLastErrorMessage());
}

/* Connects, or connects again when the connection was lost: clean-up comes here too. */
static int32_t machine_connect(bh_ctx *ctx, struct machine *m) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, silence_libvirt);
  if (m->connection != NULL && virConnectIsAlive(m->connection) == 1) return BH_OK;
  if (m->connection != NULL) virConnectClose(m->connection);
  m->connection = virConnectOpen(m->uri);
  if (m->connection != NULL) return BH_OK;
  return bh_failf(ctx, BH_REMOTE, "cannot connect to %s: %s", m->uri, virGetLastErrorMessage());
}

static void machine_disconnect(struct machine *m) {
  if (m->connection != NULL) virConnectClose(m->connection);
  m->connection = NULL;
}

/* Finds it by `uuid`, or by its name when that is NULL. *domain_out is NULL when there is none. */
static int32_t machine_find(bh_ctx *ctx, struct machine *m, const char *uuid, virDomainPtr *domain_out) {
  *domain_out = NULL;
  int32_t code = machine_connect(ctx, m);
  if (code < 0) return code;
  *domain_out = uuid != NULL ? virDomainLookupByUUIDString(m->connection, uuid)
                             : virDomainLookupByName(m->connection, m->name);
  if (*domain_out != NULL) return BH_OK;
  const virErrorPtr error = virGetLastError();
  return error != NULL && error->code == VIR_ERR_NO_DOMAIN ? BH_OK : machine_failure(ctx, m, "look for");
}

/* BH_CONFLICT when the name is taken. */
static int32_t machine_refuse_taken_name(bh_ctx *ctx, struct machine *m) {
  virDomainPtr domain;
  int32_t code = machine_find(ctx, m, NULL, &domain);
  if (code < 0 || domain == NULL) return code;
  virDomainFree(domain);
  return bh_failf(ctx, BH_CONFLICT, "%s has a machine %s already: it was not touched", m->uri, m->name);
}

/* A random UUID, version 4. */
static int32_t machine_choose_uuid(bh_ctx *ctx, struct machine *m) {
  unsigned char b[16];
  char *text = m->uuid;
  if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b) return bh_fail(ctx, BH_IO, "no random bytes");
  b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
  b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
  for (int i = 0; i < 16; i++) {
    const int dash = i == 4 || i == 6 || i == 8 || i == 10;
    text += sprintf(text, dash ? "-%02x" : "%02x", b[i]);
  }
  return BH_OK;
}

/* Name and URI come from checked parameters: the name's pattern has no character that XML would mind. */
static int32_t machine_define(bh_ctx *ctx, struct machine *m, virDomainPtr *domain_out) {
  char xml[1024], why[256];
  const char *host_type = virConnectGetType(m->connection);
  const int is_test = host_type != NULL && strcasecmp(host_type, "test") == 0;
  snprintf(xml, sizeof xml,
           "<domain type='%s'><name>%s</name><uuid>%s</uuid><memory unit='MiB'>%lld</memory>"
           "<vcpu>%lld</vcpu><os><type>hvm</type></os></domain>",
           is_test ? "test" : "qemu", m->name, m->uuid, (long long)m->memory_mib, (long long)m->cpus);
  *domain_out = virDomainDefineXML(m->connection, xml);
  if (*domain_out != NULL) return BH_OK;

  snprintf(why, sizeof why, "%s", virGetLastErrorMessage());      /* the next call forgets it */
  int32_t code = machine_find(ctx, m, m->uuid, domain_out);       /* was only the answer lost? */
  if (code < 0 || *domain_out != NULL) return code;
  if ((code = machine_refuse_taken_name(ctx, m)) < 0) return code; /* was somebody quicker? */
  return bh_failf(ctx, BH_REMOTE, "cannot define %s at %s: %s", m->name, m->uri, why);
}

static int32_t machine_state(bh_ctx *ctx, const struct machine *m, virDomainPtr domain, int *state_out) {
  *state_out = VIR_DOMAIN_NOSTATE;
  if (virDomainGetState(domain, state_out, NULL, 0) == 0) return BH_OK;
  return machine_failure(ctx, m, "read the state of");
}

static int machine_runs(int state) { return state == VIR_DOMAIN_RUNNING || state == VIR_DOMAIN_BLOCKED; }

static int machine_is_off(int state) { return state == VIR_DOMAIN_SHUTOFF || state == VIR_DOMAIN_CRASHED; }

static int32_t machine_start(bh_ctx *ctx, const struct machine *m, virDomainPtr domain) {
  return virDomainCreate(domain) == 0 ? BH_OK : machine_failure(ctx, m, "start");
}

/* Looks, sleeps and looks again until it runs. The sleep ends at once on a stop. */
static int32_t machine_wait(bh_ctx *ctx, const struct machine *m, virDomainPtr domain, uint64_t poll_ms) {
  for (;;) {
    int state;
    int32_t code = machine_state(ctx, m, domain, &state);
    if (code < 0) return code;
    if (machine_runs(state)) return bh_checkpoint(ctx);
    if (machine_is_off(state))
      return bh_failf(ctx, BH_REMOTE, "%s at %s was started and has stopped again", m->name, m->uri);
    if ((code = bh_sleep(ctx, poll_ms)) < 0) return code;
  }
}

/* Stops it, as pulling the plug does. One that does not run is fine. */
static int32_t machine_stop(bh_ctx *ctx, const struct machine *m, virDomainPtr domain) {
  if (virDomainIsActive(domain) == 0 || virDomainDestroy(domain) == 0) return BH_OK;
  if (virDomainIsActive(domain) == 0) return BH_OK; /* it ended by itself meanwhile */
  return machine_failure(ctx, m, "stop");
}

/* Deletes a stopped one. A running one would live on without a definition: refuse that. */
static int32_t machine_undefine(bh_ctx *ctx, const struct machine *m, virDomainPtr domain) {
  const unsigned flags = VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA;
  if (virDomainIsActive(domain) != 0)
    return bh_failf(ctx, BH_REMOTE, "cannot delete %s at %s: it still runs", m->name, m->uri);
  return virDomainUndefineFlags(domain, flags) == 0 ? BH_OK : machine_failure(ctx, m, "delete");
}

#endif
