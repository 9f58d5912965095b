/* orders: sends parcels, each exactly once, whatever happens to the worker. The outside world is a folder, the spool:
 * a parcel is a file in it that did not exist before, with the step's token as its label. Nothing in that world stops
 * the same parcel from being sent twice; only looking for the label does.
 *
 * Three actions send `items` parcels, one step each:
 *   order.place   "repeat": "steps": entered again after its worker has died, and goes on where the record ends
 *   order.once    "repeat": "never": lost when its worker dies, and then asked for by `order.look`
 *   order.blind   steps that cannot be looked for: an interrupted one makes the job lost, for people to decide
 *
 * Build: cc -shared -fPIC -I $SDK/include orders.c -o orders.so
 */
#define _GNU_SOURCE /* mkostemp */
#include <bulkhead/all.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

BH_MANIFEST({
  "id": "orders",
  "version": "1.0.0",
  "title": "Orders",
  "description": "Sends parcels exactly once: the sample of steps and of reconcile entries.",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {
      "name": "order.place",
      "kind": "action",
      "title": "Place an order",
      "description": "Sends each item as a step. Run again after its worker died, it sends nothing twice.",
      "repeat": "steps",
      "parameters": {
        "type": "object",
        "properties": {
          "spool": {"type": "string", "title": "Spool folder", "pattern": "^/", "minLength": 2},
          "items": {"type": "integer", "title": "Parcels", "minimum": 1, "maximum": 1000, "default": 1},
          "linger_ms": {"type": "integer", "title": "Milliseconds that a parcel takes", "minimum": 0, "default": 0}
        },
        "required": ["spool"]
      },
      "result": {"type": "object", "properties": {"last": {"type": "string"}, "sent": {"type": "integer"}}}
    },
    {
      "name": "order.once",
      "kind": "action",
      "title": "Place an order, without a second run",
      "description": "The same, but lost when its worker dies.",
      "repeat": "never",
      "parameters": {
        "type": "object",
        "properties": {
          "spool": {"type": "string", "title": "Spool folder", "pattern": "^/", "minLength": 2},
          "items": {"type": "integer", "title": "Parcels", "minimum": 1, "maximum": 1000, "default": 1},
          "linger_ms": {"type": "integer", "title": "Milliseconds that a parcel takes", "minimum": 0, "default": 0}
        },
        "required": ["spool"]
      },
      "result": {"type": "object", "properties": {"last": {"type": "string"}, "sent": {"type": "integer"}}}
    },
    {
      "name": "order.blind",
      "kind": "action",
      "title": "Place an order that cannot be looked for",
      "description": "The same, without labels to look for.",
      "repeat": "steps",
      "parameters": {
        "type": "object",
        "properties": {
          "spool": {"type": "string", "title": "Spool folder", "pattern": "^/", "minLength": 2},
          "items": {"type": "integer", "title": "Parcels", "minimum": 1, "maximum": 1000, "default": 1},
          "linger_ms": {"type": "integer", "title": "Milliseconds that a parcel takes", "minimum": 0, "default": 0}
        },
        "required": ["spool"]
      },
      "result": {"type": "object", "properties": {"last": {"type": "string"}, "sent": {"type": "integer"}}}
    },
    {
      "name": "order.look",
      "kind": "reconcile",
      "title": "Look for an order's parcels",
      "description": "Counts the labels in the spool.",
      "reconciles": ["order.place", "order.once"],
      "deadline_ms": 10000
    }
  ]
});

/* One parcel's way into the spool. */
struct parcel {
  const char *spool;
  uint64_t linger_ms;
  char name[300]; /* its file, when it is there */
};

/* Makes a file that was not there, writes the label into it, and makes both durable. */
static int32_t send_parcel(bh_ctx *ctx, bh_str token_in, void *arg, bh_str *result_out) {
  struct parcel *parcel = (struct parcel *)arg;
  char path[4096];
  int length = snprintf(path, sizeof path, "%s/parcel-XXXXXX", parcel->spool);
  if (length < 0 || (size_t)length >= sizeof path) return bh_fail(ctx, BH_INVALID, "the spool's path is too long");
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0) return bh_failf(ctx, BH_IO, "cannot send into %s: %s", parcel->spool, strerror(errno));
  int32_t code = BH_OK;
  if (write(fd, token_in.ptr, (size_t)token_in.len) != (ssize_t)token_in.len || fsync(fd) != 0)
    code = bh_failf(ctx, BH_IO, "cannot write the label of %s: %s", path, strerror(errno));
  close(fd);
  if (code == BH_OK && parcel->linger_ms > 0) {
    /* The parcel is on its way: whoever is asked to stop now has still sent it. */
    int32_t stopped = bh_sleep(ctx, parcel->linger_ms);
    if (stopped < 0) bh_log(ctx, BH_INFO, "asked to stop while a parcel was on its way");
  }
  if (code == BH_OK) {
    snprintf(parcel->name, sizeof parcel->name, "%s", strrchr(path, '/') + 1);
    *result_out = bh_text(parcel->name);
  }
  return code;
}

/* Looks for the label. A spool that cannot be read is no proof that nothing is in it. */
static int32_t look_for(bh_ctx *ctx, const char *spool, bh_str token, char *name_out, size_t capacity) {
  DIR *folder = opendir(spool);
  if (folder == NULL) return bh_failf(ctx, BH_IO, "cannot look into %s: %s", spool, strerror(errno));
  int32_t code = BH_NOT_FOUND;
  struct dirent *entry;
  while (code == BH_NOT_FOUND && (entry = readdir(folder)) != NULL) {
    if (strncmp(entry->d_name, "parcel-", 7) != 0) continue;
    int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
    char label[64];
    ssize_t count = fd < 0 ? -1 : read(fd, label, sizeof label);
    if (fd >= 0) close(fd);
    if (count < 0) {
      code = bh_failf(ctx, BH_IO, "cannot read the label of %s: %s", entry->d_name, strerror(errno));
    } else if ((uint64_t)count == token.len && memcmp(label, token.ptr, (size_t)count) == 0) {
      snprintf(name_out, capacity, "%s", entry->d_name);
      code = BH_OK;
    }
  }
  closedir(folder);
  return code;
}

static int32_t find_parcel(bh_ctx *ctx, bh_str token_in, void *arg, bh_str *result_out) {
  struct parcel *parcel = (struct parcel *)arg;
  int32_t code = look_for(ctx, parcel->spool, token_in, parcel->name, sizeof parcel->name);
  if (code == BH_OK) *result_out = bh_text(parcel->name);
  return code;
}

static void step_name(char *name_out, size_t capacity, int64_t item) {
  snprintf(name_out, capacity, "send-%lld", (long long)item);
}

static int32_t send_all(bh_ctx *ctx, bh_step_fn find) {
  struct parcel parcel = {bh_param_str(ctx, "spool", ""), (uint64_t)bh_param_i64(ctx, "linger_ms", 0), ""};
  const int64_t items = bh_param_i64(ctx, "items", 1);
  for (int64_t item = 1; item <= items; item++) {
    char name[32];
    step_name(name, sizeof name, item);
    bh_str sent;
    int32_t code = bh_step(ctx, name, send_parcel, find, &parcel, &sent);
    if (code < 0) return code;
    bh_progress(ctx, (uint64_t)item, (uint64_t)items, sent.ptr);
    if (item == items) bh_result_str(ctx, "last", sent.ptr);
  }
  return bh_result_i64(ctx, "sent", items);
}

static int32_t place(bh_ctx *ctx) { return send_all(ctx, find_parcel); }
static int32_t blind(bh_ctx *ctx) { return send_all(ctx, NULL); }

/* All labels are there: done. None is: not started. Some: it was broken off. */
static int32_t look(bh_ctx *ctx) {
  const char *spool = bh_param_str(ctx, "spool", "");
  const int64_t items = bh_param_i64(ctx, "items", 1);
  int64_t found = 0;
  char last[300] = "";
  for (int64_t item = 1; item <= items; item++) {
    char name[32];
    step_name(name, sizeof name, item);
    int32_t code = look_for(ctx, spool, bh_step_token(ctx, name), last, sizeof last);
    if (code == BH_OK) found++;
    else if (code != BH_NOT_FOUND) return code;
    if ((code = bh_checkpoint(ctx)) < 0) return code;
  }
  bh_logf(ctx, BH_INFO, "found %lld of %lld parcels", (long long)found, (long long)items);
  if (found == 0) return bh_reconcile_not_started(ctx, "no parcel is in the spool");
  if (found < items) {
    char text[80];
    snprintf(text, sizeof text, "%lld of %lld parcels were sent", (long long)found, (long long)items);
    return bh_reconcile_failed(ctx, text);
  }
  bh_result_str(ctx, "last", last);
  bh_result_i64(ctx, "sent", items);
  return bh_reconcile_done(ctx);
}

static const bh_action actions[] = {
  BH_ACTION("order.place", place),
  BH_ACTION("order.once", place),
  BH_ACTION("order.blind", blind),
  BH_ACTION("order.look", look),
};
BH_PLUGIN(actions)
